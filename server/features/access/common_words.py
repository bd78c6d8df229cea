"""What the first guesses are made of, written for this project.

Words that lists of leaked passwords begin with, in the languages around us, and walks over a keyboard. Long passwords are looked
at with these taken away.
"""

from __future__ import annotations

from typing import Final

#: Letters only, as a password reads once digits stand for letters again.
_WORDS: Final = """
password passwort passwd passphrase motdepasse contrasena contraseña senha wachtwoord parola haslo hasło heslo login
welcome willkommen bienvenue bienvenido admin administrator root user guest test testing tester master letmein
changeme secret geheim default temp temporary access private system server manager office internet computer qwerty
qwertz azerty asdf iloveyou ichliebedich jetaime teamo tequiero loveyou iloveu lovely love forever always princess
prinzessin princesse dragon monkey shadow sunshine sonnenschein soleil superman batman spiderman pokemon football
fussball fußball soccer baseball basketball hockey liverpool arsenal chelsea barcelona realmadrid juventus bayern
schalke dortmund galatasaray fenerbahce besiktas marseille michael michelle jennifer jessica jordan daniel thomas
andrew joshua ashley nicole charlie maggie buster tigger ginger pepper cookie banana orange chocolate schokolade
chocolat cheese coffee summer sommer winter spring autumn monday tuesday wednesday thursday friday saturday sunday
montag dienstag mittwoch lundi mardi mercredi january february march april june july august september october november
december hello hallo bonjour hola salut ciao salam marhaba freedom freiheit liberte liberté libertad solidarity
solidarite solidarität solidaridad revolution resistance resist campaign kampagne campagne callout mastodon fediverse
activist antifa refugee refugees noborders border borders peace frieden paix justice power people together starwars
matrix hunter ranger killer hacker ninja samurai trustno trustnoone whatever nothing blahblah blink google facebook
twitter instagram whatsapp telegram samsung iphone apple microsoft windows android linux mustang ferrari porsche
mercedes yamaha harley corvette purple yellow silver golden diamond flower rainbow butterfly angel angels heaven jesus
christ allah muhammad mohammed bismillah hamdulillah inshallah london paris berlin hamburg calais bruxelles brussels
amsterdam madrid roma istanbul correcthorsebatterystaple abcdef abcabc
"""

#: Runs that fingers make by themselves, forwards and back.
_RUNS: Final = """
qwertyuiop qwertyui asdfghjkl asdfgh zxcvbnm zxcvbn qwertzuiop azertyuiop qsdfghjklm wxcvbn qazwsx qazwsxedc
poiuytrewq lkjhgfdsa mnbvcxz abcdefghijklmnopqrstuvwxyz abcdefghijkl abcdefgh zyxwvuts qweasd qweasdzxc asdasd
1q2w3e4r5t 1qaz2wsx 1qay2wsx q1w2e3r4t5 zaq1xsw2 qweqwe zxczxc aaaa bbbb cccc xxxx zzzz qqqq
"""

COMMON: Final = frozenset(_WORDS.split())
WALKS: Final = frozenset(_RUNS.split())
