/*
 * Words to entries and back.
 */
#include "door_names.h"

#include "spell.h"

/* How the description of a room begins, whose rest is its node. */
static const char door_room_of[] = "room ";

bool
door_is_room(const struct table_entry *entry)
{
	return entry->role == IPC_ROLE_ROOM ||
	    entry->role == IPC_ROLE_IMPORT ||
	    (entry->role == IPC_ROLE_USER && entry->name_size > 1 &&
	    table_name(entry).data[0] == '#');
}

/* True if 'a' rather than 'b' is called by the name that both have. */
static bool
door_is_preferred(const struct table_entry *a, const struct table_entry *b)
{
	static const unsigned char ranks[IPC_ROLE_COUNT] = {
		[IPC_ROLE_IMPORT] = 1,
		[IPC_ROLE_USER] = 2,
	};

	if (a->role != b->role)
		return ranks[a->role] < ranks[b->role];
	return a->stamp < b->stamp;
}

/* The room called 'name', with '#'; of several the preferred one. */
static struct table_entry *
door_room_first(const struct table *table, struct dn_str name)
{
	struct table_entry *found = NULL, *entry = NULL;

	while ((entry = table_named(table, name, entry)) != NULL)
		if (door_is_room(entry) &&
		    (found == NULL || door_is_preferred(entry, found)))
			found = entry;
	return found;
}

/* The node that 'entry', a room, lives on; empty if it doesn't tell. */
static struct dn_str
door_room_node(const struct table_entry *entry)
{
	struct dn_str node = table_description(entry);
	size_t length = sizeof(door_room_of) - 1;

	if (node.size < length || memcmp(node.data, door_room_of, length) != 0)
		return (struct dn_str){NULL, 0};
	node.data += length;
	node.size -= length;
	if (node.size > DN_NAME_BYTES_MAX)
		node.size = 0;
	return node;
}

/* True if nobody else has the name of 'entry'. */
static bool
door_is_alone(const struct table *table, const struct table_entry *entry)
{
	struct table_entry *other = NULL;

	while ((other = table_named(table, table_name(entry), other)) != NULL)
		if (other != entry)
			return false;
	return true;
}

struct dn_str
door_room_word(const struct table *table, const struct table_entry *entry,
    struct dn_wr *wr)
{
	struct dn_str name = table_name(entry), node = {NULL, 0};
	size_t start = wr->at;

	if (entry->role == IPC_ROLE_USER && !door_is_alone(table, entry))
		node = door_room_node(entry);
	name.data++;
	name.size--;
	/* The colon in an import's name stands before its host. */
	(void)spell_name(wr, name, entry->role == IPC_ROLE_IMPORT ? "" : ":");
	if (node.size > 0) {
		dn_wr_bytes(wr, ":", 1);
		(void)spell_name(wr, node, "");
	}
	return (struct dn_str){(const char *)wr->data + start,
	    wr->at - start};
}

/* Writes "#NAME" to 'wr' for the word 'word'. */
static bool
door_room_name(struct dn_wr *wr, struct dn_str word, struct dn_str *name)
{
	size_t start = wr->at;

	dn_wr_bytes(wr, "#", 1);
	if (word.size == 0 || !spell_read(wr, word, name))
		return false;
	*name = (struct dn_str){(const char *)wr->data + start,
	    wr->at - start};
	return true;
}

/* Splits 'word' at 'mark', which stands in it; a host follows. */
static bool
door_split(struct dn_str word, const char *mark, struct dn_str *local,
    struct dn_str *host)
{
	if (mark == NULL)
		return false;
	*local = (struct dn_str){word.data, (size_t)(mark - word.data)};
	*host = (struct dn_str){mark + 1, word.size - local->size - 1};
	return true;
}

/* A room's word at its first ':'. */
static bool
door_split_room(struct dn_str word, struct dn_str *local, struct dn_str *host)
{
	return word.size > 0 && door_split(word, memchr(word.data, ':',
	    word.size), local, host);
}

/* A user's word at its last '@'. */
static bool
door_split_user(struct dn_str word, struct dn_str *local, struct dn_str *host)
{
	return word.size > 0 && door_split(word, memrchr(word.data, '@',
	    word.size), local, host);
}

/* True if 'host' means 'known', whose port may be left out; capitals do not
 * count. */
static bool
door_is_host(struct dn_str host, struct dn_str known)
{
	return host.size > 0 && host.size <= known.size &&
	    strncasecmp(host.data, known.data, host.size) == 0 &&
	    (host.size == known.size || known.data[host.size] == ':');
}

/* The room called 'room' on 'node', both words. */
static struct table_entry *
door_room_at(const struct table *table, struct dn_str room,
    struct dn_str node)
{
	unsigned char bytes[DOOR_WORD_BYTES_MAX * 2];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct table_entry *entry = NULL;
	struct dn_str name;

	if (!door_room_name(&wr, room, &name) ||
	    !spell_read(&wr, node, &node) || node.size == 0)
		return NULL;
	while ((entry = table_named(table, name, entry)) != NULL)
		if (door_is_room(entry) &&
		    dn_str_eq(door_room_node(entry), node))
			return entry;
	return NULL;
}

struct table_entry *
door_room_find(const struct table *table, struct dn_str word)
{
	unsigned char bytes[DOOR_WORD_BYTES_MAX];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct table_entry *entry = NULL;
	struct dn_str room, node;

	if (door_room_name(&wr, word, &room))
		entry = door_room_first(table, room);
	if (entry == NULL && door_split_room(word, &room, &node))
		entry = door_room_at(table, room, node);
	return entry;
}

/* The entry called 'name' of 'role' whose way is 'conn'. */
static struct table_entry *
door_find(const struct table *table, struct dn_str name, enum ipc_role role,
    uint64_t conn)
{
	struct table_entry *entry = NULL;

	while ((entry = table_named(table, name, entry)) != NULL)
		if (entry->role == role && entry->conn == conn)
			break;
	return entry;
}

struct table_entry *
door_room_ours(const struct table *table, struct dn_str word,
    struct dn_str federation)
{
	unsigned char bytes[DOOR_WORD_BYTES_MAX];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct table_entry *entry = NULL;
	struct dn_str room, host;

	if (door_room_name(&wr, word, &room))
		entry = door_find(table, room, IPC_ROLE_ROOM, IPC_CONN_NONE);
	if (entry != NULL || !door_split_room(word, &room, &host) ||
	    !door_is_host(host, federation) ||
	    !door_room_name(&wr, room, &room))
		return entry;
	return door_find(table, room, IPC_ROLE_ROOM, IPC_CONN_NONE);
}

struct table_entry *
door_import(const struct table *table, uint64_t conn, struct dn_str host,
    struct dn_str word, bool is_room)
{
	enum ipc_role role = is_room ? IPC_ROLE_IMPORT : IPC_ROLE_USER;
	unsigned char bytes[DOOR_WORD_BYTES_MAX];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct dn_str name, local = word, written = host;

	if (is_room)
		(void)door_split_room(word, &local, &written);
	else
		(void)door_split_user(word, &local, &written);
	if (!door_is_host(written, host) || local.size == 0)
		return NULL;
	if (is_room ? !door_room_name(&wr, local, &name) :
	    !spell_read(&wr, local, &name))
		return NULL;
	dn_wr_bytes(&wr, is_room ? ":" : "@", 1);
	dn_wr_bytes(&wr, host.data, host.size);
	name.size += 1 + host.size;
	return wr.failed ? NULL : door_find(table, name, role, conn);
}

/* ---- users ---- */

bool
door_has_host(struct dn_str word)
{
	struct dn_str local, host;

	return door_split_user(word, &local, &host);
}

bool
door_cut_host(struct dn_str *word, struct dn_str host)
{
	struct dn_str local, written;

	if (!door_split_user(*word, &local, &written) ||
	    !door_is_host(written, host) || local.size == 0)
		return false;
	*word = local;
	return true;
}
