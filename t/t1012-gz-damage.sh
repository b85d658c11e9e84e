#!/bin/sh

test_description='damaged blob files are refused, never misread'

. "$(dirname "$0")/test-lib.sh"

# blob FILE [OPTION...]: FILE.gz and FILE.facts
blob () {
	blob_file=$1
	shift
	rm -f "$blob_file.gz" &&
	test-tool gz write "$@" "$blob_file" "$blob_file.gz" >"$blob_file.facts"
}

# poke FILE OFFSET OCTAL...: bytes over what is there
poke () {
	poke_file=$1 poke_offset=$2
	shift 2
	printf %b "$(printf '\\0%s' "$@")" |
		dd of="$poke_file" bs=1 seek="$poke_offset" conv=notrunc 2>/dev/null
}

test_expect_success 'setup' '
	: >empty &&
	printf x >one &&
	test-tool genrandom --text seed 3000 >small &&
	test-tool genrandom seed 300 >noise &&
	test-tool genrandom --text seed 600000 >large &&
	head -c 600000 /dev/zero >zeros &&
	for file in empty one small noise large zeros
	do
		blob $file || return 1
	done
'

test_expect_success 'BI-12 each flipped bit of a small blob file is found' '
	for file in empty one noise small
	do
		test-tool gz flip $file.gz >actual &&
		echo "refused $((8 * $(test_file_size $file.gz))), same 0, wrong 0" \
			>expect &&
		test_cmp expect actual || return 1
	done
'

test_expect_success 'BI-12 flipped bits of larger ones are found' '
	for file in large zeros
	do
		test-tool gz flip --step 2003 $file.gz >actual &&
		test_grep "same 0, wrong 0" actual || return 1
	done &&
	blob small -l 1 &&
	test-tool gz flip --step 7 small.gz >actual &&
	test_grep "same 0, wrong 0" actual
'

# A blob file that ends where its content member does is a plain gzip.
test_expect_success 'BI-13 a blob file cut anywhere is refused or a plain gzip' '
	for file in empty one noise small
	do
		blob $file &&
		test-tool gz cut $file.gz >actual &&
		echo "refused $(($(test_file_size $file.gz) - 1)), same 1, wrong 0" \
			>expect &&
		test_cmp expect actual || return 1
	done &&
	for file in large zeros
	do
		test-tool gz cut --step 997 $file.gz >actual &&
		test_grep "same 0, wrong 0" actual || return 1
	done
'

test_expect_success 'BI-11 trailing bytes are refused' '
	for bytes in "\\000" x "\\037\\213" "\\037\\213\\010"
	do
		cp small.gz bad.gz &&
		printf %b "$bytes" >>bad.gz &&
		test_expect_code 1 test-tool gz check bad.gz 2>err &&
		test_grep "trailing data" err || return 1
	done &&
	cp small.gz bad.gz &&
	head -c 20 /dev/zero >>bad.gz &&
	test_expect_code 1 test-tool gz check bad.gz 2>err &&
	test_grep "trailing data" err
'

test_expect_success 'two blob files pasted together are refused' '
	cat small.gz noise.gz >bad.gz &&
	test_expect_code 1 test-tool gz check bad.gz 2>err &&
	test_grep "trailer that does not fit" err &&
	gzip -c small >plain.gz &&
	cat small.gz plain.gz >bad.gz &&
	test_expect_code 1 test-tool gz check bad.gz 2>err &&
	test_grep "an index, but no trailer" err
'

test_expect_success 'a piece that is damaged is named by its offset' '
	cp large.gz bad.gz &&
	poke bad.gz 140000 252 252 252 252 &&
	test_expect_code 1 test-tool gz read bad.gz >out 2>err &&
	test_grep "bad.gz. is damaged in the 262144 bytes at offset 262144" err &&
	head -c 262144 large >expect &&
	test_cmp_bin expect out &&
	test-tool gz pread bad.gz 600:10 >actual &&
	tail -c +601 large | head -c 10 >expect &&
	test_cmp_bin expect actual &&
	test_expect_code 1 test-tool gz pread bad.gz 262140:10 >out
'

test_expect_success 'an index of another version is not guessed at' '
	cp small.gz bad.gz &&
	poke bad.gz $(($(test_file_size bad.gz) - 66 + 17)) 2 &&
	test_expect_code 1 test-tool gz check bad.gz 2>err &&
	test_grep "index of version 2" err
'

# forge OUT: stdin is python that turns the parts of a blob file into others
# whose digests, sums and offsets hold again, and whatever else it likes.
cat >forge.py <<\EOF
import hashlib
import struct
import sys
import zlib

P = 262144

def member(payload):
    return bytes([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255]) + \
        struct.pack("<H2sH", len(payload) + 4, b"SI", len(payload)) + \
        payload + bytes([3, 0]) + bytes(8)

def blob(pieces, contents, end=bytes([3, 0]), size=None, count=None,
         top=None, off=10, crc=None, head=None):
    whole = b"".join(contents)
    body = b"".join(pieces)
    digests = [hashlib.sha256(c).digest() for c in contents]
    group = hashlib.sha256(b"".join(digests)).digest()
    out = head or bytes([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
    out += body + end
    out += struct.pack("<II", zlib.crc32(whole), len(whole) & 0xffffffff)
    out += member(struct.pack("<BBHI", 1, 1, len(pieces),
                              zlib.crc32(body) if crc is None else crc) +
                  b"".join(struct.pack("<I", len(p)) + d
                           for p, d in zip(pieces, digests)))
    at = len(out)
    out += member(struct.pack("<BBHQ", 2, 1, 1, off) + group)
    out += member(struct.pack("<BBH8sIQQQ", 3, 1, 0, b"siloblob", P,
                              len(pieces) if count is None else count,
                              len(whole) if size is None else size,
                              at if top is None else top))
    return out

def deflate(content, level=6):
    z = zlib.compressobj(level, zlib.DEFLATED, -15)
    return z.compress(content) + z.flush(zlib.Z_FULL_FLUSH)

def final(content):
    z = zlib.compressobj(6, zlib.DEFLATED, -15)
    return z.compress(content) + z.flush()

MARK = bytes([0, 0, 0, 255, 255])
A = b"abcdefgh" * (P // 8)
B = b"the second piece\n"
EOF

# forge EXPRESSION: out.gz
forge () {
	{
		cat forge.py &&
		echo "sys.stdout.buffer.write($1)"
	} >forge-it.py &&
	python3 forge-it.py >out.gz
}

test_expect_success PYTHON3 'forgeries that hold in all respects are accepted' '
	forge "blob([deflate(A), deflate(B)], [A, B])" &&
	gzip -dc out.gz >expect &&
	test-tool gz read out.gz >actual &&
	test_cmp_bin expect actual &&
	forge "blob([deflate(A, 0), deflate(B, 0)], [A, B])" &&
	test-tool gz read out.gz >actual &&
	test_cmp_bin expect actual
'

# Seals and digests hold, a piece decoded alone gives the right bytes: but the
# whole is no stream of deflate blocks, as gzip finds out.
test_expect_success PYTHON3 'a piece that ends the stream is refused, as by gzip' '
	for piece in "final(A) + MARK" "final(A[:-3]) + deflate(A[-3:])" \
		"final(A)" "final(A)[:-2] + bytes([0, 0, 255, 255])"
	do
		forge "blob([$piece, deflate(B)], [A, B])" &&
		test_must_fail gzip -t out.gz &&
		test_expect_code 1 test-tool gz check out.gz || return 1
	done
'

# The last block of the piece is a final stored one that swallows what is put
# behind the piece, or a Huffman one that does.
test_expect_success PYTHON3 'a block that runs on past its piece is refused' '
	for n in 1 2 3 5 9 10 40 41 42
	do
		forge "blob([deflate(A[:-4]) + bytes([0]) +
			struct.pack(\"<HH\", 4 + $n, 65535 - 4 - $n) +
			bytes([0, 0, 255, 255]), deflate(B)],
			[A[:-4] + bytes([0, 0, 255, 255]), B])" &&
		test_must_fail gzip -t out.gz &&
		test_expect_code 1 test-tool gz check out.gz || return 1
	done &&
	for tail in "" "[:-1]" "[:-2]"
	do
		forge "blob([final(A)$tail + bytes([0, 0, 255, 255]),
			deflate(B)], [A, B])" &&
		test_must_fail gzip -t out.gz &&
		test_expect_code 1 test-tool gz check out.gz || return 1
	done
'

test_expect_success PYTHON3 'a piece without its marker, or with back references, is refused' '
	forge "blob([b\"\\\\0\" + struct.pack(\"<HH\", 17, 65535 - 17) + B], [B])" &&
	gzip -t out.gz &&
	test_expect_code 1 test-tool gz check out.gz &&
	cat >>forge.py <<-\EOF &&
	z = zlib.compressobj(9, zlib.DEFLATED, -15)
	S1 = z.compress(A) + z.flush(zlib.Z_SYNC_FLUSH)
	S2 = z.compress(A[:1000]) + z.flush(zlib.Z_SYNC_FLUSH)
	EOF
	forge "blob([S1, S2], [A, A[:1000]])" &&
	gzip -t out.gz &&
	test_expect_code 1 test-tool gz check out.gz
'

test_expect_success PYTHON3 'numbers of a trailer that cannot be are refused' '
	for numbers in size=0 "size=1 << 63" "size=(1 << 64) - 1" \
		"size=len(A)" "size=len(A) + len(B) + 1" \
		count=0 count=1 count=3 "count=1 << 63" "count=(1 << 64) - 1" \
		"count=1 << 40, size=1 << 58" "count=1025, size=1025 * P" \
		top=0 "top=(1 << 64) - 1" "top=1 << 63" \
		off=0 off=9 off=11 "off=1 << 63" "off=(1 << 64) - 1" crc=0
	do
		forge "blob([deflate(A), deflate(B)], [A, B], $numbers)" &&
		test_expect_code 1 test-tool gz check out.gz &&
		test_expect_code 1 test-tool gz read out.gz || return 1
	done
'

test_expect_success PYTHON3 'a header or an end that is not ours is refused' '
	for other in "head=bytes([31,139,8,0,1,0,0,0,0,255])" \
		"head=bytes([31,139,8,0,0,0,0,0,2,3])" "end=bytes([1,0,0,255,255])" \
		"end=bytes([3,4])"
	do
		forge "blob([deflate(A), deflate(B)], [A, B], $other)" &&
		test_expect_code 1 test-tool gz check out.gz || return 1
	done
'

test_expect_success PYTHON3 'content goes nowhere before its digests hold' '
	forge "blob([deflate(B)], [A])" &&
	test_expect_code 1 test-tool gz read out.gz >actual &&
	test_must_be_empty actual &&
	forge "blob([deflate(A[:-1]), deflate(B)], [A, B])" &&
	test_expect_code 1 test-tool gz read out.gz >actual &&
	test_must_be_empty actual &&
	forge "blob([deflate(A + A), deflate(B)], [A, B])" &&
	test_expect_code 1 test-tool gz read out.gz >actual &&
	test_must_be_empty actual &&
	forge "blob([deflate(A[::-1]), deflate(B)], [A, B])" &&
	test_expect_code 1 test-tool gz read out.gz >actual &&
	test_must_be_empty actual
'

test_expect_success PYTHON3 'pieces that look alike but are not are told apart' '
	forge "blob([deflate(bytes(P))] * 3 + [deflate(A[:P])] * 5 +
		[deflate(bytes(P))] * 2 + [deflate(bytes(77))],
		[bytes(P)] * 3 + [A] * 5 + [bytes(P)] * 2 + [bytes(77)])" &&
	gzip -dc out.gz >expect &&
	test-tool gz read out.gz >actual &&
	test_cmp_bin expect actual &&
	forge "blob([deflate(bytes(P))] * 9, [bytes(P)] * 7 + [A] + [bytes(P)])" &&
	test_expect_code 1 test-tool gz read out.gz >actual &&
	test "$(test_file_size actual)" -le $((7 * 262144))
'

test_done
