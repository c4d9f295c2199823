/*
 * The message table: verdicts, times, bounds; and against a plain list of all
 * that was entered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../../../dataplane/msgtable.h"

#define EXPIRED ((uint64_t)DN_MESSAGE_MSEC)

static int
setup(void **state)
{
	*state = msgtable_new(42);
	return *state == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	msgtable_free(*state);
	return 0;
}

static enum msgtable_verdict
transit(struct msgtable *table, enum dn_kind kind, uint64_t number,
    uint64_t from, uint64_t to, uint64_t now_msec)
{
	struct dn_msg msg = {.kind = kind, .number = number, .from = from,
	    .to = to};

	return msgtable_transit(table, &msg, NULL, now_msec);
}

static enum msgtable_verdict
came_back(struct msgtable *table, enum dn_kind kind, uint64_t number,
    uint64_t from, uint64_t to, uint64_t now_msec)
{
	struct dn_msg msg = {.kind = kind, .number = number, .from = from,
	    .to = to};

	uint32_t slot = (uint32_t)from % 1000;

	return msgtable_transit(table, &msg, &slot, now_msec);
}

static enum msgtable_ack
ack(struct msgtable *table, uint64_t number, uint64_t user, uint64_t since,
    uint64_t *author)
{
	struct msgtable_acker acker = {user, since, (uint32_t)user % 1000};

	*author = 0;
	return msgtable_acknowledge(table, number, &acker, 0, author);
}

static void
numbers_are_used_for_a_while(void **state)
{
	struct msgtable *table = *state;

	assert_false(msgtable_is_used(table, 7, 0));
	assert_int_equal(msgtable_send(table, 7, 1, 2, 100), DN_OK);
	assert_int_equal(transit(table, DN_KIND_SEND, 8, 3, 0, 200),
	    MSGTABLE_NEW);
	/* Numbers of ACKNs are not in use by them. */
	assert_int_equal(transit(table, DN_KIND_ACKN, 9, 3, 1, 300),
	    MSGTABLE_NEW);
	assert_true(msgtable_is_used(table, 7, 300));
	assert_true(msgtable_is_used(table, 8, 300));
	assert_false(msgtable_is_used(table, 9, 300));
	assert_true(msgtable_is_used(table, 7, 100 + EXPIRED - 1));
	assert_false(msgtable_is_used(table, 7, 100 + EXPIRED));
	assert_true(msgtable_is_used(table, 8, 100 + EXPIRED));
	assert_int_equal(msgtable_count(table), 2);
	msgtable_expire(table, 300 + EXPIRED);
	assert_int_equal(msgtable_count(table), 0);
}

/* Times are long, however small they are kept. */
static void
times_beyond_32_bits(void **state)
{
	struct msgtable *table = *state;
	uint64_t round = UINT64_C(1) << 32, now = round - 1;

	assert_int_equal(msgtable_send(table, 7, 1, 0, now), DN_OK);
	assert_true(msgtable_is_used(table, 7, now + EXPIRED - 1));
	assert_int_equal(transit(table, DN_KIND_SEND, 7, 1, 0, now +
	    EXPIRED - 1), MSGTABLE_NEW);
	assert_int_equal(transit(table, DN_KIND_SEND, 7, 1, 0, now +
	    EXPIRED + DN_DUPLICATE_MSEC - 2), MSGTABLE_DUPLICATE);
	assert_false(msgtable_is_used(table, 7, now + round + EXPIRED));
	assert_int_equal(msgtable_count(table), 0);
}

static void
broadcasts_pass_once(void **state)
{
	struct msgtable *table = *state;
	uint64_t later = DN_DUPLICATE_MSEC;

	assert_int_equal(transit(table, DN_KIND_SEND, 1, 5, 0, 0),
	    MSGTABLE_NEW);
	assert_int_equal(transit(table, DN_KIND_SEND, 1, 5, 0, 0),
	    MSGTABLE_DUPLICATE);
	/* Another author's is another message; so is one to a user. */
	assert_int_equal(transit(table, DN_KIND_SEND, 1, 6, 0, 0),
	    MSGTABLE_NEW);
	assert_int_equal(transit(table, DN_KIND_SEND, 1, 5, 6, 0),
	    MSGTABLE_NEW);
	assert_int_equal(transit(table, DN_KIND_SEND, 1, 5, 0, later - 1),
	    MSGTABLE_DUPLICATE);
	assert_int_equal(transit(table, DN_KIND_SEND, 1, 5, 0, later),
	    MSGTABLE_NEW);
	assert_int_equal(transit(table, DN_KIND_SEND, 1, 5, 0, later + 1),
	    MSGTABLE_DUPLICATE);
	assert_int_equal(transit(table, DN_KIND_SEND, 1, 5, 0, EXPIRED + 1),
	    MSGTABLE_DUPLICATE);
}

static void
unicasts_pass_a_few_times(void **state)
{
	struct msgtable *table = *state;
	unsigned i;

	for (i = 0; i < 2; i++) {
		enum dn_kind kind = i == 0 ? DN_KIND_SEND : DN_KIND_ACKN;
		unsigned times;

		assert_int_equal(transit(table, kind, 1, 5, 6, 0),
		    MSGTABLE_NEW);
		for (times = 1; times < DN_TRANSIT_MAX; times++)
			assert_int_equal(transit(table, kind, 1, 5, 6, 0),
			    MSGTABLE_AGAIN);
		assert_int_equal(transit(table, kind, 1, 5, 6, 0),
		    MSGTABLE_SPENT);
		assert_int_equal(transit(table, kind, 1, 5, 7, 0),
		    MSGTABLE_NEW);
		assert_int_equal(transit(table, kind, 1, 5, 6, EXPIRED),
		    MSGTABLE_NEW);
		msgtable_expire(table, 2 * EXPIRED);
	}
}

static void
our_users_do_not_speak_from_afar(void **state)
{
	struct msgtable *table = *state;
	uint64_t author;
	unsigned times;

	assert_int_equal(came_back(table, DN_KIND_SEND, 1, 5, 0, 0),
	    MSGTABLE_FORGED);
	assert_int_equal(came_back(table, DN_KIND_ACKN, 1, 5, 6, 0),
	    MSGTABLE_FORGED);
	assert_int_equal(msgtable_count(table), 0);
	/* What they did say may come round. */
	assert_int_equal(msgtable_send(table, 1, 5, 0, 0), DN_OK);
	assert_int_equal(msgtable_send(table, 2, 5, 6, 0), DN_OK);
	assert_int_equal(came_back(table, DN_KIND_SEND, 1, 5, 0,
	    DN_DUPLICATE_MSEC + 1), MSGTABLE_DUPLICATE);
	for (times = 1; times < DN_TRANSIT_MAX; times++)
		assert_int_equal(came_back(table, DN_KIND_SEND, 2, 5, 6, 0),
		    MSGTABLE_AGAIN);
	assert_int_equal(came_back(table, DN_KIND_SEND, 2, 5, 6, 0),
	    MSGTABLE_SPENT);
	assert_int_equal(transit(table, DN_KIND_SEND, 3, 9, 5, 0),
	    MSGTABLE_NEW);
	assert_int_equal(ack(table, 3, 5, 0, &author), MSGTABLE_ACKED);
	for (times = 1; times < DN_TRANSIT_MAX; times++)
		assert_int_equal(came_back(table, DN_KIND_ACKN, 3, 5, 9, 0),
		    MSGTABLE_AGAIN);
	assert_int_equal(came_back(table, DN_KIND_ACKN, 3, 5, 9, 0),
	    MSGTABLE_SPENT);
	/* One of a message to all; and not in another's name. */
	assert_int_equal(transit(table, DN_KIND_SEND, 4, 9, DN_TO_ALL, 0),
	    MSGTABLE_NEW);
	assert_int_equal(ack(table, 4, 5, 0, &author), MSGTABLE_ACKED);
	assert_int_equal(came_back(table, DN_KIND_ACKN, 4, 5, 9, 0),
	    MSGTABLE_AGAIN);
	assert_int_equal(came_back(table, DN_KIND_ACKN, 4, 6, 9, 0),
	    MSGTABLE_FORGED);
	assert_int_equal(came_back(table, DN_KIND_ACKN, 4, 5, 8, 0),
	    MSGTABLE_FORGED);
}

static void
acks_find_the_author(void **state)
{
	struct msgtable *table = *state;
	uint64_t author, since;

	assert_int_equal(ack(table, 1, 5, 0, &author), MSGTABLE_NEVER_SENT);
	since = msgtable_stamp(table);
	assert_int_equal(msgtable_send(table, 1, 3, 5, 0), DN_OK);
	assert_int_equal(ack(table, 1, 6, since, &author),
	    MSGTABLE_NEVER_SENT);
	assert_int_equal(ack(table, 1, 5, since, &author), MSGTABLE_ACKED);
	assert_int_equal(author, 3);
	assert_int_equal(ack(table, 1, 5, since, &author),
	    MSGTABLE_SWALLOWED);
	/* Another copy is another message to whoever got it. */
	assert_int_equal(transit(table, DN_KIND_SEND, 1, 3, 5, 0),
	    MSGTABLE_AGAIN);
	assert_int_equal(ack(table, 1, 5, since, &author), MSGTABLE_ACKED);
	/* To oneself. */
	assert_int_equal(msgtable_send(table, 2, 5, 5, 0), DN_OK);
	assert_int_equal(ack(table, 2, 5, since, &author), MSGTABLE_ACKED);
	assert_int_equal(author, 5);
}

static void
acks_of_broadcasts_are_one_each(void **state)
{
	struct msgtable *table = *state;
	uint64_t author, before, after, user;

	before = msgtable_stamp(table);
	assert_int_equal(msgtable_send(table, 1, 3, 0, 0), DN_OK);
	after = msgtable_stamp(table);
	assert_int_equal(msgtable_acked_bytes(table), 0);
	for (user = 999; user > 3; user -= 4) {
		assert_int_equal(ack(table, 1, user, before, &author),
		    MSGTABLE_ACKED);
		assert_int_equal(author, 3);
		assert_int_equal(ack(table, 1, user, before, &author),
		    MSGTABLE_SWALLOWED);
	}
	/* As the set grows, what was in it stays. */
	assert_int_equal(msgtable_send(table, 2, 3, 0, 0), DN_OK);
	for (user = 4; user < 1000; user += 9)
		assert_int_equal(ack(table, 2, user, before, &author),
		    MSGTABLE_ACKED);
	for (user = 4; user < 1000; user++)
		assert_int_equal(ack(table, 2, user, before, &author),
		    user % 9 == 4 ? MSGTABLE_SWALLOWED : MSGTABLE_ACKED);
	/* Not by its author, nor by who came later. */
	assert_int_equal(ack(table, 1, 3, before, &author),
	    MSGTABLE_NEVER_SENT);
	assert_int_equal(ack(table, 1, 4, after, &author),
	    MSGTABLE_NEVER_SENT);
	assert_int_equal(ack(table, 1, 999, after, &author),
	    MSGTABLE_NEVER_SENT);
	assert_true(msgtable_acked_bytes(table) > 0);
	assert_true(msgtable_acked_bytes(table) < 400);
	msgtable_expire(table, EXPIRED);
	assert_int_equal(msgtable_acked_bytes(table), 0);
}

/* What a room passes on is acknowledged by each who was there, to the room. */
static void
acks_of_rooms_are_one_each(void **state)
{
	struct msgtable *table = *state;
	uint64_t author, before = msgtable_stamp(table), after;

	assert_int_equal(msgtable_send_room(table, 1, 100, 0), DN_OK);
	after = msgtable_stamp(table);
	assert_true(msgtable_is_used(table, 1, 0));
	assert_int_equal(ack(table, 1, 3, before, &author), MSGTABLE_ACKED);
	assert_int_equal(author, 100);
	assert_int_equal(ack(table, 1, 3, before, &author),
	    MSGTABLE_SWALLOWED);
	assert_int_equal(ack(table, 1, 4, before, &author), MSGTABLE_ACKED);
	assert_int_equal(ack(table, 1, 5, after, &author),
	    MSGTABLE_NEVER_SENT);
	/* It is entered once: the room enters what it makes of an ACKN. */
	assert_int_equal(msgtable_count(table), 1);
	assert_int_equal(came_back(table, DN_KIND_ACKN, 7, 3, 2, 0),
	    MSGTABLE_FORGED);
	msgtable_ackn(table, 7, 3, 2, 0);
	assert_int_equal(came_back(table, DN_KIND_ACKN, 7, 3, 2, 0),
	    MSGTABLE_AGAIN);
}

/* One to oneself is not one to a room: nobody else acknowledges it. */
static void
acks_of_notes_to_oneself(void **state)
{
	struct msgtable *table = *state;
	uint64_t author;

	assert_int_equal(msgtable_send(table, 1, 3, 3, 0), DN_OK);
	assert_int_equal(ack(table, 1, 4, 0, &author), MSGTABLE_NEVER_SENT);
	assert_int_equal(ack(table, 1, 3, 0, &author), MSGTABLE_ACKED);
	assert_int_equal(author, 3);
}

static void
acks_mean_the_newest_first(void **state)
{
	struct msgtable *table = *state;
	uint64_t author, from;

	for (from = 10; from < 14; from++)
		assert_int_equal(transit(table, DN_KIND_SEND, 1, from,
		    from % 2 == 0 ? 5 : 0, 0), MSGTABLE_NEW);
	assert_int_equal(transit(table, DN_KIND_SEND, 1, 20, 6, 0),
	    MSGTABLE_NEW);
	for (from = 13; from >= 10; from--) {
		assert_int_equal(ack(table, 1, 5, 0, &author),
		    MSGTABLE_ACKED);
		assert_int_equal(author, from);
	}
	assert_int_equal(ack(table, 1, 5, 0, &author), MSGTABLE_SWALLOWED);
	assert_int_equal(ack(table, 1, 6, 0, &author), MSGTABLE_ACKED);
	assert_int_equal(author, 20);
}

static void
acks_look_only_so_far_back(void **state)
{
	struct msgtable *table = *state;
	uint64_t author, from;

	assert_int_equal(transit(table, DN_KIND_SEND, 1, 9, 5, 0),
	    MSGTABLE_NEW);
	for (from = 1; from < MSGTABLE_WALK_MAX; from++)
		transit(table, DN_KIND_SEND, 1, 100 + from, 6, 0);
	assert_int_equal(ack(table, 1, 5, 0, &author), MSGTABLE_ACKED);
	transit(table, DN_KIND_SEND, 1, 100 + from, 6, 0);
	assert_int_equal(ack(table, 1, 5, 0, &author), MSGTABLE_NEVER_SENT);
	/* Many twins are no burden for others in the same chain. */
	for (from = 1; from < 100000; from++)
		transit(table, DN_KIND_SEND, 1, from, 1000, 0);
	for (from = 2; from < 100000; from++)
		assert_false(msgtable_is_used(table, from, 0));
}

/* A peer may say one number as often as it likes, and many numbers in another
 * one's stead: each message is known by all that it is. */
static void
one_number_is_many_messages(void **state)
{
	struct msgtable *table = *state;
	uint64_t from, most = 300000;

	for (from = 1; from <= most; from++)
		assert_int_equal(transit(table, DN_KIND_SEND, 1, from,
		    from % 2, 0), MSGTABLE_NEW);
	for (from = 1; from <= most; from++)
		assert_int_equal(transit(table, DN_KIND_ACKN, 1, from, 1, 0),
		    MSGTABLE_NEW);
	for (from = 1; from <= most; from++) {
		assert_int_equal(transit(table, DN_KIND_SEND, 1, from,
		    from % 2, 0), from % 2 == 0 ? MSGTABLE_DUPLICATE :
		    MSGTABLE_AGAIN);
		assert_int_equal(transit(table, DN_KIND_ACKN, 1, from, 1, 0),
		    MSGTABLE_AGAIN);
	}
	assert_int_equal(msgtable_count(table), 2 * most);
}

/* What our client says and what has come from afar by the same number: both
 * are known, until the first goes. */
static void
our_number_comes_from_afar(void **state)
{
	struct msgtable *table = *state;
	unsigned times;
	uint64_t author;

	assert_int_equal(msgtable_send(table, 1, 5, 6, 0), DN_OK);
	assert_int_equal(transit(table, DN_KIND_SEND, 1, 9, 6, 10),
	    MSGTABLE_NEW);
	/* Another copy of each: each may be acknowledged again. */
	for (times = 0; times < 2; times++) {
		assert_int_equal(ack(table, 1, 6, 0, &author), MSGTABLE_ACKED);
		assert_int_equal(author, 9);
		assert_int_equal(ack(table, 1, 6, 0, &author), MSGTABLE_ACKED);
		assert_int_equal(author, 5);
		assert_int_equal(came_back(table, DN_KIND_SEND, 1, 5, 6, 10),
		    MSGTABLE_AGAIN);
		assert_int_equal(transit(table, DN_KIND_SEND, 1, 9, 6, 10),
		    MSGTABLE_AGAIN);
	}
	assert_true(msgtable_is_used(table, 1, EXPIRED));
	assert_int_equal(came_back(table, DN_KIND_SEND, 1, 5, 6, EXPIRED),
	    MSGTABLE_FORGED);
	assert_int_equal(transit(table, DN_KIND_SEND, 1, 9, 6, EXPIRED),
	    MSGTABLE_AGAIN);
}

/* Fills the table beyond its bound: the oldest give way one by one. */
static void
oldest_give_way(void **state)
{
	struct msgtable *table = *state;
	uint64_t number, most = DN_MESSAGES_MAX;
	uint64_t author;

	for (number = 1; number <= most + 10000; number++) {
		assert_int_equal(msgtable_send(table, number, 1,
		    number % 2, 0), DN_OK);
		if (number % 100 == 0)
			(void)ack(table, number, 2, 0, &author);
	}
	assert_int_equal(msgtable_count(table), most);
	/* ACKNs of our own clients take no places. */
	for (number = 1; number <= most + 10000; number++)
		assert_int_equal(msgtable_is_used(table, number, 0),
		    number > 10000);
	/* All go at their time, and the table starts anew. */
	msgtable_expire(table, EXPIRED);
	assert_int_equal(msgtable_count(table), 0);
	assert_int_equal(msgtable_acked_bytes(table), 0);
	assert_int_equal(msgtable_send(table, 1, 1, 2, EXPIRED), DN_OK);
	assert_true(msgtable_is_used(table, 1, EXPIRED));
}

/* What is left when most have gone is found in the smaller index, and still
 * when that has grown again. */
static void
few_are_found_after_many(void **state)
{
	struct msgtable *table = *state;
	uint64_t number, round;

	for (number = 1; number <= 103000; number++)
		assert_int_equal(msgtable_send(table, number, 1, 0,
		    number > 100000), DN_OK);
	msgtable_expire(table, EXPIRED);
	assert_int_equal(msgtable_count(table), 3000);
	for (round = 0; round < 2; round++) {
		for (number = 100001; number <= 103000; number++) {
			assert_true(msgtable_is_used(table, number,
			    EXPIRED));
			assert_int_equal(came_back(table, DN_KIND_SEND,
			    number, 1, 0, EXPIRED), MSGTABLE_DUPLICATE);
		}
		assert_false(msgtable_is_used(table, 100000, EXPIRED));
		for (number = 1; round == 0 && number < 20000; number++)
			assert_int_equal(msgtable_send(table, number, 1, 0,
			    EXPIRED), DN_OK);
	}
	for (number = 1; number < 20000; number++)
		assert_true(msgtable_is_used(table, number, EXPIRED));
}

/* The sets of acknowledgements have a bound of their own. */
static void
oldest_give_way_to_acknowledgements(void **state)
{
	struct msgtable *table = *state;
	struct msgtable_acker acker = {.user = 2, .slot = 8 * 1000000};
	uint64_t number, author;

	for (number = 1; number <= 200; number++) {
		assert_int_equal(msgtable_send(table, number, 1, 0, 0),
		    DN_OK);
		assert_int_equal(msgtable_acknowledge(table, number, &acker,
		    0, &author), MSGTABLE_ACKED);
		assert_true(msgtable_acked_bytes(table) <=
		    DN_ACKED_BYTES_MAX);
	}
	assert_in_range(msgtable_count(table), 64, 68);
	assert_true(msgtable_is_used(table, 200, 0));
	assert_false(msgtable_is_used(table, 100, 0));
	/* A slot that no set has room for: the ACKN passes, unmarked. */
	acker.slot = UINT32_MAX;
	assert_int_equal(msgtable_acknowledge(table, 200, &acker, 0,
	    &author), MSGTABLE_ACKED);
	assert_true(msgtable_acked_bytes(table) <= DN_ACKED_BYTES_MAX);
}

/* Everything that was entered, newest last, for the random walk. */
struct model {
	uint64_t number, from, to, msec;
	unsigned transits;
	bool is_acked;
};

enum { MODEL_MAX = 60000, USERS = 6, NUMBERS = 40 };

static struct model *
model_find(struct model *all, size_t count, const struct model *wanted,
    uint64_t now_msec)
{
	for (; count > 0 && now_msec < all[count - 1].msec + EXPIRED; count--)
		if (all[count - 1].number == wanted->number &&
		    all[count - 1].from == wanted->from &&
		    all[count - 1].to == wanted->to)
			return &all[count - 1];
	return NULL;
}

/* The message to 'user' that an ACKN of 'number' would mean. */
static struct model *
model_acked(struct model *all, size_t count, uint64_t number, uint64_t user,
    uint64_t now_msec)
{
	for (; count > 0 && now_msec < all[count - 1].msec + EXPIRED; count--)
		if (all[count - 1].number == number &&
		    all[count - 1].to == user && !all[count - 1].is_acked)
			return &all[count - 1];
	return NULL;
}

static void
random_walk_is_as_a_plain_list(void **state)
{
	struct msgtable *table = *state;
	struct model *all = calloc(MODEL_MAX, sizeof(*all)), *found, next;
	uint64_t now_msec = 0, author;
	enum msgtable_verdict verdict;
	unsigned dice = 7;
	size_t count = 0;

	while (count < MODEL_MAX / 10) {
		dice = dice * 1103515245 + 12345;
		next = (struct model){1 + (dice >> 4) % NUMBERS,
		    1 + (dice >> 12) % USERS, 1 + (dice >> 20) % USERS,
		    now_msec, 1, false};
		now_msec += (dice >> 24) % 2000;
		next.msec = now_msec;
		if ((dice >> 16) % 4 == 0) {
			struct msgtable_acker acker = {next.to, 0, 0};

			found = model_acked(all, count, next.number, next.to,
			    now_msec);
			assert_int_equal(msgtable_acknowledge(table,
			    next.number, &acker, now_msec, &author) ==
			    MSGTABLE_ACKED, found != NULL);
			if (found != NULL) {
				assert_int_equal(author, found->from);
				found->is_acked = true;
			}
			continue;
		}
		found = model_find(all, count, &next, now_msec);
		verdict = transit(table, DN_KIND_SEND, next.number, next.from,
		    next.to, now_msec);
		if (found == NULL) {
			assert_int_equal(verdict, MSGTABLE_NEW);
			all[count++] = next;
		} else if (found->transits == DN_TRANSIT_MAX) {
			assert_int_equal(verdict, MSGTABLE_SPENT);
		} else {
			assert_int_equal(verdict, MSGTABLE_AGAIN);
			found->transits++;
			found->is_acked = false;
		}
	}
	free(all);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers_are_used_for_a_while),
		TEST(times_beyond_32_bits),
		TEST(broadcasts_pass_once),
		TEST(unicasts_pass_a_few_times),
		TEST(our_users_do_not_speak_from_afar),
		TEST(acks_find_the_author),
		TEST(acks_of_broadcasts_are_one_each),
		TEST(acks_of_rooms_are_one_each),
		TEST(acks_of_notes_to_oneself),
		TEST(acks_mean_the_newest_first),
		TEST(acks_look_only_so_far_back),
		TEST(one_number_is_many_messages),
		TEST(our_number_comes_from_afar),
		TEST(oldest_give_way),
		TEST(few_are_found_after_many),
		TEST(oldest_give_way_to_acknowledgements),
		TEST(random_walk_is_as_a_plain_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
