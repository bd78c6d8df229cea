"""Other servers on 127.0.0.0/8, and somebody who asks a lot: for the experiments and the measurements."""
