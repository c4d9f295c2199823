/*
 * What rooms and the service rooms@NODE say to a single user: answers, which
 * begin with who says them, "#room: ", as what a member said begins with his
 * name; and lists. Between room_command.c, room_history.c and dnchatd.
 */
#ifndef CONTROL_ROOM_SAY_H
#define CONTROL_ROOM_SAY_H

#include "user.h"

/* Lists are not longer than this, in bytes. */
#define ROOM_LIST_BYTES_MAX (64u << 10)

/* Says 'text', clipped at a letter to what texts may be here. */
void room_say(struct core *core, const struct user *from,
    const struct user *to, struct dn_str text);

/* Says "FROM: " and what 'format' makes. */
__attribute__((format(printf, 4, 5)))
void room_answer(struct core *core, const struct user *from,
    const struct user *to, const char *format, ...);

/* Appends 'name', with %, control characters and the letters of 'marks'
 * written %XX. */
void room_say_name(struct bytes *bytes, struct dn_str name,
    const char *marks);

/* Appends 'name' as a word of a door; 'also' as dn_word_put() has it. And the
 * name that is meant by such a word. */
void room_say_word(struct bytes *bytes, struct dn_str name, const char *also);
void room_say_meant(struct bytes *bytes, struct dn_str word);

/* A list under way, on as many lines as it takes. */
struct room_list {
	struct core *core;
	const struct user *from, *to;
	const char *head;  /* what each line begins with, after "FROM: " */
	struct bytes line;
	size_t names;      /* in the line */
	size_t told_bytes; /* in lines before */
	size_t left_out;
};

/* Begins '*list'; then names, then the end, which says what is left. */
void room_list_begin(struct room_list *list, struct core *core,
    const struct user *from, const struct user *to, const char *head);
void room_list_add(struct room_list *list, struct dn_str name);
void room_list_end(struct room_list *list);

#endif
