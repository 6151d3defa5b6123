#!/bin/sh
# A tour on made-up files, in ./demo-data, which is made anew each time. Needs the command `headcount`.
set -eu

place=demo-data
export HEADCOUNT_DATA="$place/data"

say() {
    printf '\n\n# %s\n' "$1"
}

run() {
    printf '\n$ headcount'
    for word in "$@"; do
        case $word in
            *[!A-Za-z0-9_./=-]*) printf " '%s'" "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    headcount "$@"
}

if headcount doctor 2>/dev/null | grep -q 'server: runs on'; then
    echo "The dashboard still runs on $place. Stop it with Ctrl-C in its terminal, then run this again." >&2
    exit 1
fi
rm -rf "$place"

say "Files to try things with"
run sample "$place"

say "Look before you leap: what is this file? Nothing is stored."
run inspect "$place/people.csv" --preview 3

say "Upload it: every row is answered for"
run upload "$place/people.csv"

say "A file with every fault that a row or cell can have. What would it do? Still nothing is stored."
run check "$place/faults.csv"

say "Upload it all the same: what can be applied is applied"
run upload "$place/faults.csv"

say "Every upload is on record"
run uploads list

say "The rows to mend, as they came, each with its reason"
faulty=$(headcount uploads list | awk '$2 == "faults.csv" { print $1; exit }')
run uploads rejects "$faulty" --output "$place/mend.csv"
sed -n '1,4p' "$place/mend.csv"

say "One person: every value, and the file and row it came from"
run people show 00016

say "That file was wrong? Take it back: everybody is as before"
run uploads undo "$faulty"
run people find 00016

say "How many people?"
run segment count 'plan = "pro" and not consent email is unsubscribed'
run segment count 'signup after "2025-06-30" and Phone exists'

say "Take people out; the file uploaded again as it is changes nothing"
run people export 'plan = "pro"' --output "$place/pro.csv"

cat <<END


# The same in a browser

Open the dashboard on what this tour has made:

  .venv/bin/headcount --data $HEADCOUNT_DATA serve

It shows an address, http://127.0.0.1:8080, and what to sign in with: admin@localhost and a password, once. Then:

  1. Open the address and sign in. The uploads of this tour are there.
  2. Press "+ Upload", drop $place/people.csv or $place/faults.csv, and see what it would change.
  3. Press "Apply", look at the report, and take it back with "Undo".

Ctrl-C stops it. If the port is taken, put --port 8090 behind "serve".
Another password, if that one is lost: .venv/bin/headcount --data $HEADCOUNT_DATA users password admin@localhost


# What to try next

With the command on your path (. .venv/bin/activate) and HEADCOUNT_DATA=$HEADCOUNT_DATA in the environment:

  headcount uploads redo $faulty   the faults brought back after all
  headcount upload $place/people.csv       the same file again: nothing changes
  headcount upload $place/headers.csv      headers with faults: it asks, and names the flags that answer
  headcount people find chlo                  people by a part of their name
  headcount doctor                            is all in order?

They work beside the dashboard, too. docs/quick-start.md goes on from here. "rm -r $place" removes what this made.
END
