#!/bin/sh
# The act as a newcomer sees it: every step came out right, and it leaves nothing running.
echo 1..2
dir=$(mktemp -d)
if out=$("$MUSUBI" demo --once --dir "$dir/demo" 2>&1); then echo "ok 1 - musubi demo --once ends with status 0"; else
	echo "$out" | sed 's/^/# /'
	tail -n 30 "$dir/demo/talk.log" | sed 's/^/# talk: /'
	echo "not ok 1 - musubi demo --once ends with status 0"
fi
if pgrep -f "serve $dir" >/dev/null; then echo "not ok 2 - no hub is left running"; else echo "ok 2 - no hub is left running"; fi
rm -rf "$dir"
