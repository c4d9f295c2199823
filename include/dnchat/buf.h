/*
 * Bounded reading and writing of bytes. A reader or writer that once failed
 * stays failed, so that a caller checks once, at the end. Integers are
 * little-endian: these bytes pass between processes of one machine only.
 */
#ifndef DNCHAT_BUF_H
#define DNCHAT_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes that somebody else owns; not terminated by NUL. */
struct dn_str {
	const char *data;
	size_t size;
};

/* A list of numbers inside a message; not aligned, hence the accessor. */
struct dn_list {
	const unsigned char *data;
	size_t count;
};

/* Reads what stands at 'at' of 'size' bytes. */
struct dn_rd {
	const unsigned char *data;
	size_t size;
	size_t at;
	bool failed;
};

/* Writes at 'at' of a room of 'size' bytes. */
struct dn_wr {
	unsigned char *data;
	size_t size;
	size_t at;
	bool failed;
};

static inline struct dn_str
dn_str_of(const char *text)
{
	return (struct dn_str){text, text != NULL ? strlen(text) : 0};
}

static inline bool
dn_str_eq(struct dn_str a, struct dn_str b)
{
	return a.size == b.size &&
	    (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline struct dn_rd
dn_rd_of(const void *data, size_t size)
{
	return (struct dn_rd){data, size, 0, false};
}

static inline struct dn_wr
dn_wr_of(void *data, size_t size)
{
	return (struct dn_wr){data, size, 0, false};
}

/* The next 'size' bytes of 'rd', or NULL where there are fewer. */
static inline const unsigned char *
dn_rd_take(struct dn_rd *rd, size_t size)
{
	const unsigned char *at;

	if (rd->failed || rd->size - rd->at < size) {
		rd->failed = true;
		return NULL;
	}
	at = rd->data + rd->at;
	rd->at += size;
	return at;
}

static inline uint64_t
dn_rd_uint(struct dn_rd *rd, size_t size)
{
	const unsigned char *at = dn_rd_take(rd, size);
	uint64_t value = 0;

	while (at != NULL && size > 0)
		value = value << 8 | at[--size];
	return value;
}

/* A string that was put by dn_wr_str(); it points into the reader's bytes. */
static inline struct dn_str
dn_rd_str(struct dn_rd *rd)
{
	size_t size = (size_t)dn_rd_uint(rd, 4);
	const unsigned char *at = dn_rd_take(rd, size);

	return (struct dn_str){(const char *)at, at != NULL ? size : 0};
}

static inline struct dn_list
dn_rd_list(struct dn_rd *rd)
{
	size_t count = (size_t)dn_rd_uint(rd, 4);
	const unsigned char *at = dn_rd_take(rd, count * 8);

	return (struct dn_list){at, at != NULL ? count : 0};
}

static inline uint64_t
dn_list_at(struct dn_list list, size_t index)
{
	struct dn_rd rd = dn_rd_of(list.data + index * 8, 8);

	return dn_rd_uint(&rd, 8);
}

static inline void
dn_wr_bytes(struct dn_wr *wr, const void *data, size_t size)
{
	if (wr->failed || wr->size - wr->at < size) {
		wr->failed = true;
		return;
	}
	if (size > 0)
		memcpy(wr->data + wr->at, data, size);
	wr->at += size;
}

static inline void
dn_wr_uint(struct dn_wr *wr, size_t size, uint64_t value)
{
	unsigned char bytes[8];
	size_t i;

	for (i = 0; i < size; i++)
		bytes[i] = (unsigned char)(value >> 8 * i);
	dn_wr_bytes(wr, bytes, size);
}

static inline void
dn_wr_str(struct dn_wr *wr, struct dn_str str)
{
	dn_wr_uint(wr, 4, str.size);
	dn_wr_bytes(wr, str.data, str.size);
}

static inline void
dn_wr_list(struct dn_wr *wr, struct dn_list list)
{
	dn_wr_uint(wr, 4, list.count);
	dn_wr_bytes(wr, list.data, list.count * 8);
}

#endif
