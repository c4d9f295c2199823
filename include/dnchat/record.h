/*
 * Records: how a list of fields becomes a struct, its reader and its writer,
 * so that the three cannot drift apart. ipc.h (between the planes) and
 * control/event.h (the journal) are made so.
 *
 * A record's fields are one macro, FIELDS(F), of F(type, name) with the types
 * below; DN_RECORD(prefix, name, FIELDS) makes
 *   struct prefix_name { ... };
 *   bool prefix_get_name(struct dn_rd *, struct prefix_name *);
 *   void prefix_put_name(struct dn_wr *, const struct prefix_name *);
 *   size_t prefix_size_name(const struct prefix_name *);
 * The reader is true only if all fields were there and nothing was left over.
 * Strings and lists that it yields point into the bytes read. The size is that
 * of what the writer writes.
 */
#ifndef DNCHAT_RECORD_H
#define DNCHAT_RECORD_H

#include "buf.h"

#define DN_TYPE_U8 uint8_t
#define DN_TYPE_U16 uint16_t
#define DN_TYPE_U32 uint32_t
#define DN_TYPE_U64 uint64_t
#define DN_TYPE_STR struct dn_str
#define DN_TYPE_LIST struct dn_list

#define DN_GET_U8(rd) ((uint8_t)dn_rd_uint(rd, 1))
#define DN_GET_U16(rd) ((uint16_t)dn_rd_uint(rd, 2))
#define DN_GET_U32(rd) ((uint32_t)dn_rd_uint(rd, 4))
#define DN_GET_U64(rd) dn_rd_uint(rd, 8)
#define DN_GET_STR(rd) dn_rd_str(rd)
#define DN_GET_LIST(rd) dn_rd_list(rd)

#define DN_PUT_U8(wr, value) dn_wr_uint(wr, 1, value)
#define DN_PUT_U16(wr, value) dn_wr_uint(wr, 2, value)
#define DN_PUT_U32(wr, value) dn_wr_uint(wr, 4, value)
#define DN_PUT_U64(wr, value) dn_wr_uint(wr, 8, value)
#define DN_PUT_STR(wr, value) dn_wr_str(wr, value)
#define DN_PUT_LIST(wr, value) dn_wr_list(wr, value)

#define DN_SIZE_U8(value) ((size_t)1)
#define DN_SIZE_U16(value) ((size_t)2)
#define DN_SIZE_U32(value) ((size_t)4)
#define DN_SIZE_U64(value) ((size_t)8)
#define DN_SIZE_STR(value) (4 + (value).size)
#define DN_SIZE_LIST(value) (4 + (value).count * 8)

#define DN_FIELD_MEMBER(type, name) DN_TYPE_##type name;
#define DN_FIELD_GET(type, name) body->name = DN_GET_##type(rd);
#define DN_FIELD_PUT(type, name) DN_PUT_##type(wr, body->name);
#define DN_FIELD_SIZE(type, name) size += DN_SIZE_##type(body->name);

/* A record without fields has this one, which takes no room to speak of. */
#define DN_NO_FIELDS(F) F(U8, nothing)

#define DN_RECORD(prefix, name, FIELDS)                                     \
	struct prefix##_##name {                                            \
		FIELDS(DN_FIELD_MEMBER)                                     \
	};                                                                  \
	static inline bool prefix##_get_##name(                             \
	    struct dn_rd *rd, struct prefix##_##name *body)                 \
	{                                                                   \
		FIELDS(DN_FIELD_GET)                                        \
		return !rd->failed && rd->at == rd->size;                   \
	}                                                                   \
	static inline void prefix##_put_##name(                             \
	    struct dn_wr *wr, const struct prefix##_##name *body)           \
	{                                                                   \
		FIELDS(DN_FIELD_PUT)                                        \
	}                                                                   \
	static inline size_t prefix##_size_##name(                          \
	    const struct prefix##_##name *body)                             \
	{                                                                   \
		size_t size = 0;                                            \
		(void)body;                                                 \
		FIELDS(DN_FIELD_SIZE)                                       \
		return size;                                                \
	}

#endif
