#!/bin/sh
# The command line of p2p-tracker: forms, files and modes, a second start,
# signals, and a session typed by hand (requirements S0-15, S0-25, S0-27, S2-09,
# S3-35).
: "${builddir:=.}"
tracker=$builddir/p2p-tracker
command -v openssl >/dev/null || { echo "openssl is not installed"; exit 77; }
dir=$(mktemp -d) || exit 99
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$dir"' EXIT
fail() { echo "FAILED: $1"; [ ! -f "$dir/log" ] || cat "$dir/log"; exit 1; }

# Wait until a line of file $1 matches $2.
wait_for() {
    tries=0
    until grep -q "$2" "$1" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || fail "no '$2' in $1"
        sleep 0.05
    done
}

# Exit status of a run is $1, what it says matches $2.
expect() {
    status=$1 text=$2
    shift 2
    "$tracker" "$@" >"$dir/out" 2>&1
    got=$?
    [ $got = "$status" ] || fail "$* ends with $got: $(cat "$dir/out")"
    grep -q -- "$text" "$dir/out" || fail "$* says: $(cat "$dir/out")"
}

LC_ALL=C; export LC_ALL
"$tracker" --version | head -n 1 | grep -q '^p2p-tracker (p2ptui) [0-9]' || fail version
expect 0 'Usage: p2p-tracker' --help
"$tracker" --help | tail -n 2 | head -n 1 | grep -q '^Report bugs to: ' || fail "bug address"
"$tracker" --help | tail -n 1 | grep -q ' home page: <' || fail "home page"
if [ -w /dev/full ]; then
    "$tracker" --help >/dev/full 2>/dev/null && fail "a full disk goes unnoticed"
fi
expect 2 'Try .*--help' --no-such-option
expect 2 'neither a port' abc
expect 2 'neither a port' 70000
expect 2 'too many' a b c
expect 2 '' --listen 'x:y:z'
expect 2 'no such file' --config "$dir/none"
printf 'listen = 127.0.0.1:1\nlog-level = loud\n' >"$dir/bad.conf"
expect 2 "bad.conf:2: log-level: 'loud'" --config "$dir/bad.conf"
printf '# one\n127.0.0.1:8101\n127.0.0.1:8102\n' >"$dir/two"
expect 2 'replication is not part of this version' "$dir/two" 1
expect 2 'from 1 to 2' "$dir/two" 3
expect 2 '' "$dir/two" 0
expect 2 '' "$dir/missing" 1
expect 1 'cannot make' --data-dir /dev/null/x

# Keys are made on demand and stay.
pin=$("$tracker" --data-dir "$dir/data" --fingerprint) || fail fingerprint
[ "$pin" = "$("$tracker" --data-dir "$dir/data" --fingerprint)" ] || fail "the pin changed"
chmod 640 "$dir/data/tracker.key"
expect 1 'may be read by others' --data-dir "$dir/data" --http off
chmod 600 "$dir/data/tracker.key"

# A file with one tracker: alone on that address.
printf '127.0.0.1:0 # me\n' >"$dir/one"
sed -i 's/:0/:18765/' "$dir/one"
printf 'no-such-key = 1\n' >"$dir/conf"
(umask 000; exec "$tracker" --data-dir "$dir/data" --listen 127.0.0.1:0 --http 127.0.0.1:0 --config "$dir/conf" "$dir/one" 1) >"$dir/log" 2>&1 &
pid=$!
wait_for "$dir/log" 'listening on '
grep -q "pin $pin, data in $dir/data" "$dir/log" || fail "start line"
grep -q "unknown key 'no-such-key'" "$dir/log" || fail "unknown key"
port=$(sed -n 's/.*listening on 127.0.0.1:\([0-9]*\),.*/\1/p' "$dir/log")

[ "$(stat -c %a "$dir/data")" = 700 ] || fail "mode of the directory"
for file in "$dir/data"/*; do
    case $(stat -c %a "$file") in
    ?00) ;;
    *) fail "mode of $file" ;;
    esac
done
expect 1 "another p2p-tracker uses" --data-dir "$dir/data" --listen 127.0.0.1:0 --http off
expect 1 '' --data-dir "$dir/other" --listen "127.0.0.1:$port" --http off
expect 1 "port $port on" --data-dir "$dir/other" --http off "$port"

# A session typed by hand (S0-27). Lines wait for the answer to the last one.
mkfifo "$dir/in"
openssl s_client -quiet -connect "127.0.0.1:$port" <"$dir/in" >"$dir/answers" 2>/dev/null &
client=$!
exec 3>"$dir/in"
say() { printf '%s\n' "$2" >&3; wait_for "$dir/answers" "\"id\":$1,"; }
say 1 '{"jsonrpc":"2.0","id":1,"method":"account.create","params":{"op":"000102030405060708090a0b0c0d0e0f","user":"carol","password":"correct horse"}}'
say 2 '{"jsonrpc":"2.0","id":2,"method":"account.login","params":{"user":"carol","password":"correct horse"}}'
say 3 '{"jsonrpc":"2.0","id":3,"method":"group.create","params":{"op":"000102030405060708090a0b0c0d0e10","group":"by hand"}}'
say 4 '{"jsonrpc":"2.0","id":4,"method":"group.list"}'
exec 3>&-
kill $client 2>/dev/null
wait $client 2>/dev/null
grep '"id":4' "$dir/answers" | grep -q '"group":"by hand"' || fail "typed by hand: $(cat "$dir/answers")"

# No secret in sight of other processes, and no core file of it.
if [ -r "/proc/$pid/cmdline" ]; then
    tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q 'correct horse' && fail "password on the command line"
    grep -q '^Max core file size *0 ' "/proc/$pid/limits" || fail "core files"
fi

# It tells how it is.
http=$(sed -n 's/.*, http \([0-9.:]*\), pin.*/\1/p' "$dir/log")
expect 0 '^accounts: 1$' status --http "$http"
expect 0 '^writable: 1$' status --http "$http"
expect 1 'no tracker answers' status --http 127.0.0.1:1
expect 2 'nobody to ask' status --http off

# SIGHUP changes what may change while running.
printf 'log-level = warn\n' >"$dir/conf"
kill -HUP "$pid"
printf 'log-level = info\n' >"$dir/conf"
kill -HUP "$pid"
wait_for "$dir/log" 'configuration reloaded'
kill -TERM "$pid"
wait "$pid"
status=$?
pid=
[ $status = 0 ] || fail "SIGTERM ends it with $status"
grep -q 'correct horse' "$dir/log" && fail "password in the log"
exit 0
