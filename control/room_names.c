/* The rooms of the whole network: see room_names.h. */
#include "room_names.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "room_say.h"

/* What another server of our kind describes its rooms with. */
#define ROOM_HOME_WORD "room "

/* True if 'user', who is shown and called '#...', is a room and no oddity of a
 * foreign server. */
static bool
room_names_is_room(const struct core *core, const struct user *user)
{
	struct dn_str description = text_description(user->text);
	const struct room *room = room_at(core, user->number);

	if (room != NULL && room->role != IPC_ROLE_USER)
		return true;
	return text_name(user->text).size > 1 && user->session == NULL &&
	    description.size > strlen(ROOM_HOME_WORD) &&
	    memcmp(description.data, ROOM_HOME_WORD,
	    strlen(ROOM_HOME_WORD)) == 0;
}

/* The server that 'user', a room elsewhere, lives on. */
static struct dn_str
room_names_home(const struct user *user)
{
	struct dn_str home = text_description(user->text);

	home.data += strlen(ROOM_HOME_WORD);
	home.size -= strlen(ROOM_HOME_WORD);
	return home;
}

/* True if a room elsewhere isn't the only one with its name. */
static bool
room_names_is_doubled(const struct core *core, const struct user *user)
{
	struct dn_str name = text_name(user->text);
	const struct user *first = user_named(core, name, NULL);

	return first != user || user_named(core, name, first) != NULL;
}

static void
room_names_spell(const struct core *core, const struct user *user,
    struct bytes *bytes)
{
	struct dn_str name = text_name(user->text), home;
	const struct room *room = room_at(core, user->number);

	name.data++;
	name.size--;
	if (room != NULL && room->role == IPC_ROLE_IMPORT) {
		room_say_word(bytes, name, "");
		return;
	}
	room_say_word(bytes, name, ":");
	if ((room != NULL && room->role == IPC_ROLE_ROOM) ||
	    !room_names_is_doubled(core, user))
		return;
	home = room_names_home(user);
	bytes_append(bytes, ":", 1);
	room_say_word(bytes, home, "");
}

static int
room_names_compare(const void *a_, const void *b_)
{
	const struct room_name *a = a_, *b = b_;
	int order = strcmp(a->word, b->word);

	return order != 0 ? order :
	    (a->user->number > b->user->number) -
	    (a->user->number < b->user->number);
}

void
room_names_init(struct room_names *names, const struct core *core)
{
	const struct sign *sign = NULL;
	struct bytes word = {0};

	*names = (struct room_names){.names = memory_new(
	    (HASH_COUNT(core->signs) + 1) * sizeof(*names->names))};
	while ((sign = user_next_sign(core, sign)) != NULL) {
		if (!room_names_is_room(core, sign->user))
			continue;
		word.size = 0;
		room_names_spell(core, sign->user, &word);
		names->names[names->count++] = (struct room_name){
		    sign->user, memory_string((struct dn_str){
		    (const char *)word.data, word.size})};
	}
	bytes_deinit(&word);
	qsort(names->names, names->count, sizeof(*names->names),
	    room_names_compare);
}

void
room_names_deinit(struct room_names *names)
{
	while (names->count > 0)
		free(names->names[--names->count].word);
	free(names->names);
}

/* ---- finding ---- */

/* A room called '#bare' that another server announces: 'home', or if that is
 * empty, any. */
static struct user *
room_names_remote(const struct core *core, struct dn_str bare,
    struct dn_str home)
{
	struct bytes name = {0};
	struct user *user;

	bytes_append(&name, "#", 1);
	bytes_append(&name, bare.data, bare.size);
	user = NULL;
	do
		user = user_named(core, (struct dn_str){
		    (const char *)name.data, name.size}, user);
	while (user != NULL && (user->session != NULL ||
	    !room_names_is_room(core, user) || (home.size > 0 &&
	    !dn_str_eq(room_names_home(user), home))));
	bytes_deinit(&name);
	return user;
}

/* 'name' is a room here, or 'bare' one of 'home', which may be empty. */
static struct user *
room_names_pick(const struct core *core, struct dn_str name,
    struct dn_str bare, struct dn_str home)
{
	const struct room *room = room_find(core, name);
	uint8_t role = home.size > 0 ? IPC_ROLE_IMPORT : IPC_ROLE_ROOM;

	if (room != NULL && room->role == role && room->user != NULL)
		return room->user;
	return room_names_remote(core, bare, home);
}

struct user *
room_names_find(const struct core *core, struct dn_str word)
{
	const char *colon = memchr(word.data != NULL ? word.data : "", ':',
	    word.size);
	size_t size = colon != NULL ? (size_t)(colon - word.data) : word.size;
	struct bytes name = {0};
	struct dn_str all, bare, home = {"", 0};
	struct user *user;

	if (word.size == 0 || word.size > 4 * DN_NAME_BYTES_MAX)
		return NULL;
	room_say_meant(&name, (struct dn_str){word.data, size});
	size = name.size;
	if (colon != NULL) {
		bytes_append(&name, ":", 1);
		room_say_meant(&name, (struct dn_str){colon + 1,
		    (size_t)(word.data + word.size - colon - 1)});
	}
	all = (struct dn_str){(const char *)name.data, name.size};
	bare = (struct dn_str){all.data, size};
	if (colon != NULL)
		home = (struct dn_str){all.data + size + 1,
		    all.size - size - 1};
	/* "x:" is no way to say x. */
	user = colon != NULL && home.size == 0 ? NULL :
	    room_names_pick(core, all, bare, home);
	bytes_deinit(&name);
	return user;
}
