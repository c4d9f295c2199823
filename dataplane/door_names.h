/*
 * What users and rooms are called at doors that write names: a room of ours
 * is called as it is; one of another node, too, or ROOM:NODE where that would
 * not be clear; one of a server of the door ROOM:HOST, its user USER@HOST.
 * Between door.c and table.c.
 */
#ifndef DATAPLANE_DOOR_NAMES_H
#define DATAPLANE_DOOR_NAMES_H

#include "dnchat/buf.h"
#include "table.h"

/* No name of a user or room is longer as a word. */
#define DOOR_WORD_BYTES_MAX 2048

/* True if 'entry' is a room, wherever it lives. */
bool door_is_room(const struct table_entry *entry);

/* Writes what 'entry', a room, is called by clients to 'wr'; returns that. */
struct dn_str door_room_word(const struct table *table,
    const struct table_entry *entry, struct dn_wr *wr);

/* The room that a client calls 'word', or NULL. Where a word is not clear, it
 * means a room of ours, or the one that was shown first. */
struct table_entry *door_room_find(const struct table *table,
    struct dn_str word);

/* The room of ours that a server calls 'word', with or without our own name
 * 'federation', or NULL. */
struct table_entry *door_room_ours(const struct table *table,
    struct dn_str word, struct dn_str federation);

/*
 * The entry that the server behind link 'conn', itself called 'host', means by
 * 'word': a user of its own, or a room of its own if 'is_room'. It may leave
 * its host out, or only the port. NULL if there is none; all are shown with
 * their host, so that it is known where there is one.
 */
struct table_entry *door_import(const struct table *table, uint64_t conn,
    struct dn_str host, struct dn_str word, bool is_room);

/* Takes "@HOST" off the end of '*word', if that means 'host'. */
bool door_cut_host(struct dn_str *word, struct dn_str host);

/* True if 'word' names a host behind the last '@'. */
bool door_has_host(struct dn_str word);

#endif
