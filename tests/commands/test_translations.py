"""Languages from the command line."""

from __future__ import annotations

from tests.commands.conftest import Terminal


def test_a_post_is_translated_approved_and_listed(campaign: Terminal) -> None:
    assert campaign("languages", "en", "fa", "ar").stdout == "en fa ar\n"
    assert campaign.json("languages") == ["en", "fa", "ar"]
    url = campaign("post", "Come to the quay", "--lang", "en").stdout.strip()
    assert campaign("translations", url).stdout == f"{url}  en main  fa missing  ar missing\n"
    assert campaign("translate", url, "ar", "-", text="تعالوا").stdout == f"ar  draft  {url}\n"
    approved = campaign.json("translate", url, "ar", "تعالوا إلى الرصيف", "--approve")
    assert (approved["state"], approved["text"]) == ("approved", "تعالوا إلى الرصيف")
    campaign("edit", url, "Come to the quay!", "--minor")
    assert campaign("translations", url).stdout == f"{url}  en main  fa missing  ar approved\n"
    campaign("edit", url, "Come to the bridge")
    (listed,) = campaign.json("translations")
    assert {one["language"]: one["state"] for one in listed["translations"]} == {"fa": "missing", "ar": "stale"}


def test_what_cannot_be_translated_is_refused_in_words(campaign: Terminal) -> None:
    url = campaign("post", "Come to the quay", "--lang", "en").stdout.strip()
    refused = campaign("translate", url, "en", "Come")
    assert refused.exit_code == 1
    assert "Edit the post instead" in refused.stderr
    assert campaign("translate", url, "not a language", "Come").exit_code == 1
    assert campaign("languages", "!").exit_code == 1
