# usage: awk -f t/check-floors.awk lib/FLOORS lib/*/*.[ch]
#
# lib/FLOORS names every module once, ground first.  A file may include only
# what is named above it, so nobody can write a circle.  gz_piece.c and
# gz_int.h belong to the module gz: what stands before the first underscore.
function module(name) {
	sub(/_[a-z0-9_]*$/, "", name)
	return name
}
FNR == NR {
	if (NF && $1 !~ /^#/)
		height[$1] = FNR
	next
}
FNR == 1 {
	self = FILENAME
	sub(/^lib\//, "", self)
	sub(/\.[ch]$/, "", self)
	self = module(self)
	if (!(self in height)) {
		printf "%s: not named in lib/FLOORS\n", FILENAME
		bad = 1
	}
}
/^#include "/ {
	split($2, name, /["]|\.h/)
	name[2] = module(name[2])
	if (!(name[2] in height)) {
		printf "%s:%d: '%s' is not named in lib/FLOORS\n",
		       FILENAME, FNR, name[2]
		bad = 1
	} else if (name[2] != self && height[name[2]] >= height[self]) {
		printf "%s:%d: '%s' stands below '%s'\n",
		       FILENAME, FNR, self, name[2]
		bad = 1
	}
}
END { exit bad }
