/*
 * Members come and go: between room_life.c, room_door.c, room_command.c and
 * login.c, who want it, and the tables (room.c), the store and dnchatd.
 */
#include "room.h"

#include <stdlib.h>

#include <utlist.h>

#include "down.h"
#include "memory.h"
#include "room_say.h"
#include "room_store.h"

static void
room_notice_member(struct core *core, const struct member *member,
    enum dn_log_level level, const char *event)
{
	struct notice *notice = updates_notice(core->updates, level, event);

	notice_add(notice, "room", dn_str_of(member->room->name));
	notice_add_number(notice, "number", member->user->number);
	notice_add(notice, "name", text_name(member->user->text));
}

/* What dnchatd should know of a member, if it knows the room. */
static void
room_tell(struct core *core, const struct member *member,
    enum ipc_membership membership)
{
	if (member->room->user != NULL)
		DOWN(core, member, .room = member->room->number,
		    .user = member->user->number,
		    .membership = (uint8_t)membership);
}

struct dn_str
room_account(const struct user *user)
{
	bool is_kept = user->session != NULL &&
	    user->session->seat.is_client && user->session->seat.is_verified;

	return is_kept ? text_name(user->text) : dn_str_of("");
}

void
room_say_joined(struct core *core, const struct room *room,
    const struct user *user)
{
	room_answer(core, room->user, user, "joined; %zu of %zu members are "
	    "here; say /help for more", room->here_count, room->member_count);
}

/* A JOIN that ended so is answered. */
static void
room_reply(struct core *core, const struct member *member, bool result)
{
	struct dn_str word = dn_str_of(member->word);

	DOWN_LONG(core, word.size, reply,
	    .conn = member->user->session->seat.conn, .verb = DN_VERB_JOIN,
	    .result = result, .room = word);
}

void
room_unwelcome(struct core *core, struct member *member)
{
	if (member->welcome == ROOM_WELCOME_REPLY)
		room_reply(core, member, false);
	member->welcome = ROOM_WELCOME_NONE;
}

void
room_welcome(struct core *core, struct member *member)
{
	enum room_welcome welcome = (enum room_welcome)member->welcome;

	member->welcome = ROOM_WELCOME_NONE;
	if (welcome == ROOM_WELCOME_WORD)
		room_say_joined(core, member->room, member->user);
	else if (welcome == ROOM_WELCOME_REPLY)
		room_reply(core, member, true);
	else if (welcome == ROOM_WELCOME_HOOK &&
	    core->hooks.room_welcome != NULL)
		core->hooks.room_welcome(core, member->room, member->user,
		    dn_str_of(member->word));
}

void
room_speak(struct core *core, const struct member *member, struct dn_str text)
{
	DOWN_LONG(core, text.size, say, .from = member->user->number,
	    .to = member->room->number, .text = text);
}

void
room_set_live(struct core *core, struct member *member)
{
	const struct speech *speech;

	room_welcome(core, member);
	member->stage = ROOM_LIVE;
	member->order = 0;
	room_tell(core, member, IPC_MEMBER_LIVE);
	LL_FOREACH(member->speech, speech)
		room_speak(core, member,
		    (struct dn_str){speech->text, speech->size});
	room_unhold(core, member);
}

/* The new member will hear of it, or hears at once. */
static void
room_admit(struct core *core, struct member *member,
    enum room_welcome welcome, struct dn_str word)
{
	if (member->stage == ROOM_LIVE) {
		room_tell(core, member, IPC_MEMBER_LIVE);
		return;
	}
	member->welcome = (uint8_t)welcome;
	if (welcome == ROOM_WELCOME_REPLY || welcome == ROOM_WELCOME_HOOK)
		member->word = memory_string(word);
	room_tell(core, member, IPC_MEMBER_JOINING);
}

enum dn_err
room_enter(struct core *core, struct room *room, struct user *user,
    enum room_welcome welcome, struct dn_str word)
{
	struct dn_str account = dn_str_of("");
	struct member *member;

	if (room->user == NULL || !user->shown || core->shutting_down)
		return DN_E_STATE;
	if (room_member(core, room, user) != NULL)
		return DN_E_EXISTS;
	if (room->role == IPC_ROLE_ROOM)
		account = room_account(user);
	if (room->member_count >= DN_ROOM_MEMBERS_MAX ||
	    (account.size > 0 && room_store_is_full(core)))
		return DN_E_FULL;
	member = room_member_new(core, room, account);
	if (account.size > 0)
		room_store_put_member(core, member);
	room_member_attach(core, member, user,
	    room->role == IPC_ROLE_ROOM ? ROOM_JOINING : ROOM_LIVE);
	room_admit(core, member, welcome, word);
	room_notice_member(core, member, DN_LOG_INFO, "room_joined");
	return DN_OK;
}

enum dn_err
room_exit(struct core *core, struct room *room, struct user *user)
{
	struct member *member = room_member(core, room, user);

	if (member == NULL)
		return DN_E_UNKNOWN;
	if (member->keeper != NULL) {
		if (room_store_is_full(core))
			return DN_E_FULL;
		room_store_delete_member(core, member);
	}
	room_tell(core, member, IPC_MEMBER_GONE);
	room_notice_member(core, member, DN_LOG_INFO, "room_left");
	room_member_free(core, member);
	return DN_OK;
}

enum dn_err
room_join_remote(struct core *core, struct user *home, struct user *user)
{
	struct room *room = room_at(core, home->number);
	struct dn_str name = text_name(home->text);
	enum dn_err err;

	if (room == NULL) {
		room = room_add(core, (struct dn_str){name.data + 1,
		    name.size - 1}, IPC_ROLE_USER);
		room_attach(core, room, home);
	}
	err = room_enter(core, room, user, ROOM_WELCOME_NONE, dn_str_of(""));
	if (err == DN_OK)
		DOWN(core, say, .from = user->number, .to = home->number,
		    .text = dn_str_of("/join plain"));
	else if (room->members == NULL)
		room_remove(core, room);
	return err;
}

void
room_login(struct core *core, struct user *user)
{
	struct member *member;

	DL_FOREACH2(room_kept(core, room_account(user)), member, keeper_next)
		if (member->user == NULL) {
			room_member_attach(core, member, user, ROOM_LIVE);
			room_tell(core, member, IPC_MEMBER_LIVE);
		}
}

void
room_depart(struct core *core, struct member *member)
{
	if (member->keeper != NULL)
		room_member_detach(core, member);
	else
		room_member_free(core, member);
}

void
room_forget_account(struct core *core, struct dn_str account)
{
	struct member *member;

	while ((member = room_kept(core, account)) != NULL) {
		if (member->user != NULL) {
			room_tell(core, member, IPC_MEMBER_GONE);
			room_notice_member(core, member, DN_LOG_INFO,
			    "room_left");
			room_unwelcome(core, member);
		}
		room_member_free(core, member);
	}
}

void
room_user_hidden(struct core *core, struct user *user)
{
	struct member *member;
	struct room *room;

	while ((member = user->members) != NULL) {
		room = member->room;
		room_tell(core, member, IPC_MEMBER_GONE);
		room_notice_member(core, member, DN_LOG_DEBUG, "room_left");
		room_depart(core, member);
		if (room->role == IPC_ROLE_USER && room->members == NULL)
			room_remove(core, room);
	}
	room = room_at(core, user->number);
	if (room != NULL && room->role == IPC_ROLE_USER)
		room_remove(core, room);
}
