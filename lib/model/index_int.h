#ifndef INDEX_INT_H
#define INDEX_INT_H

/* For index*.c alone: the stat data of an entry, ten big-endian words. */
#define STAT_CTIME 0
#define STAT_MTIME 8
#define STAT_DEV   16
#define STAT_INO   20
#define STAT_MODE  24
#define STAT_UID   28
#define STAT_GID   32
#define STAT_SIZE  36
#define STAT_BYTES 40

#endif
