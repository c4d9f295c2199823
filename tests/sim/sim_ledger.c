/*
 * Who said what to whom, and who got it.
 *
 * Claimed always, whatever fails: a session gets a message at most once; a
 * unicast is got by one session at most; an author gets the ACKN of one
 * acknowledgement at most once, and none that nobody gave; a broadcast crosses
 * a link at most once in each direction.
 *
 * Claimed of what was said in a phase in which nothing failed on the way: CALM;
 * CONTROL, where dncontrols die, which must not cost a message; DRAIN, where
 * links are taken down in good order, which must not cost one either if author
 * and receiver stay in reach over links that nobody touches. What got OKAY is
 * got exactly once: a broadcast by every session that was on before it was said
 * and still is at the end of the phase, a unicast by the one such session of
 * the number. Each acknowledgement of theirs reaches its author, if he is on
 * still, exactly once. Every SEND was answered.
 *
 * Not claimed: of numbers that several sessions have or had at the time, ghosts
 * included; of who was not known to all servers yet (unicasts to sessions of
 * the last seconds; in CONTROL, authors who came in the phase; authors who came
 * back at once: see ledger_is_known()); of DRAIN in worlds with foreign
 * servers, which drop what they have no way for.
 *
 * Claimed of broadcasts in CALM and CONTROL without foreign peers: no more
 * crossings than 2E - (N - 1).
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim_clock.h"
#include "sim_world.h"

#define LEDGER_FIRST 100000
/* All know of a login by then. */
#define LEDGER_KNOWN_USEC (4 * SIM_SEC)
/* Nothing is left of withdrawals by then. */
#define LEDGER_CALM_USEC (10 * SIM_SEC)

struct receipt {
	unsigned session, user;
	bool is_acked;      /* by the receiver */
	uint8_t ackns;      /* that came to the author */
};

struct message {
	unsigned author;    /* client */
	unsigned session;   /* of its author */
	uint64_t to;        /* number, or 0 */
	uint64_t sent_usec;
	unsigned phase;
	bool is_okay, is_answered;
	uint8_t receipt_count;
	uint16_t crossing_count;
	struct receipt *receipts;   /* room for UINT8_MAX of them */
	uint32_t *crossings;        /* wire << 1 | end */
	uint16_t crossing_room;
};

static struct {
	struct message *messages;
	size_t count, room, judged; /* 'judged': of those, the first so many */
} ledger;

static uint64_t judged;

void
ledger_begin(void)
{
	memset(&ledger, 0, sizeof(ledger));
}

static void
ledger_forget(struct message *message)
{
	free(message->receipts);
	free(message->crossings);
	message->receipts = NULL;
	message->crossings = NULL;
}

void
ledger_end(void)
{
	size_t i;

	for (i = 0; i < ledger.count; i++)
		ledger_forget(&ledger.messages[i]);
	free(ledger.messages);
}

uint64_t
ledger_judged(void)
{
	return judged;
}

static struct message *
ledger_find(uint64_t number)
{
	if (number < LEDGER_FIRST || number - LEDGER_FIRST >= ledger.count) {
		world_fail("message %ju was never sent", (uintmax_t)number);
		return NULL;
	}
	return &ledger.messages[number - LEDGER_FIRST];
}

uint64_t
ledger_send(const struct client *client, uint64_t to)
{
	struct message *message;

	if (ledger.count == ledger.room) {
		ledger.room = ledger.room > 0 ? ledger.room * 2 : 1024;
		ledger.messages = realloc(ledger.messages,
		    ledger.room * sizeof(*message));
		assert(ledger.messages != NULL);
	}
	message = &ledger.messages[ledger.count];
	memset(message, 0, sizeof(*message));
	message->author = client->index;
	message->session = client->session;
	message->to = to;
	message->sent_usec = sim_now();
	message->phase = world.phase_count;
	return LEDGER_FIRST + ledger.count++;
}

void
ledger_answer(uint64_t number, bool is_okay)
{
	struct message *message = ledger_find(number);

	if (message == NULL)
		return;
	if (message->is_answered)
		world_fail("SEND %ju is answered twice", (uintmax_t)number);
	message->is_answered = true;
	message->is_okay = is_okay;
}

static struct receipt *
ledger_receipt(const struct message *message, unsigned session)
{
	unsigned i;

	for (i = 0; i < message->receipt_count; i++)
		if (message->receipts[i].session == session)
			return &message->receipts[i];
	return NULL;
}

void
ledger_receive(const struct client *client, uint64_t number)
{
	struct message *message = ledger_find(number);
	struct receipt *receipt;

	if (message == NULL)
		return;
	if (ledger_receipt(message, client->session) != NULL)
		world_fail("u%u gets message %ju twice", client->user,
		    (uintmax_t)number);
	if (message->to != 0 && message->receipt_count > 0)
		world_fail("a second session gets unicast %ju",
		    (uintmax_t)number);
	if (message->to != 0 && message->to != client->user + 1)
		world_fail("u%u gets message %ju, which is for %ju",
		    client->user, (uintmax_t)number, (uintmax_t)message->to);
	if (message->receipt_count == UINT8_MAX)
		return;
	if (message->receipts == NULL)
		message->receipts = calloc(UINT8_MAX, sizeof(*receipt));
	assert(message->receipts != NULL);
	receipt = &message->receipts[message->receipt_count++];
	*receipt = (struct receipt){client->session, client->user, false, 0};
}

void
ledger_acknowledge(const struct client *client, uint64_t number)
{
	struct message *message = ledger_find(number);
	struct receipt *receipt;

	if (message == NULL)
		return;
	receipt = ledger_receipt(message, client->session);
	if (receipt != NULL)
		receipt->is_acked = true;
}

void
ledger_acknowledged(const struct client *client, uint64_t number,
    uint64_t acker)
{
	struct message *message = ledger_find(number);
	struct receipt *receipt;
	unsigned i;

	if (message == NULL)
		return;
	if (world.clients[message->author].user != client->user)
		world_fail("u%u gets an ACKN of u%u's message %ju",
		    client->user, world.clients[message->author].user,
		    (uintmax_t)number);
	/* Sessions of one number give one each. */
	for (i = 0; i < message->receipt_count; i++) {
		receipt = &message->receipts[i];
		if (receipt->user + 1 == acker && receipt->is_acked &&
		    receipt->ackns == 0) {
			receipt->ackns++;
			return;
		}
	}
	world_fail("u%u gets an ACKN of message %ju by %ju too many",
	    client->user, (uintmax_t)number, (uintmax_t)acker);
}

void
ledger_cross(const struct wire_end *end, uint64_t number)
{
	struct message *message = ledger_find(number);
	uint32_t crossing = end->wire->id << 1 | (end == &end->wire->ends[1]);
	unsigned i;

	if (message == NULL)
		return;
	for (i = 0; i < message->crossing_count; i++)
		if (message->crossings[i] == crossing &&
		    end->node != WIRE_NO_NODE)
			world_fail("broadcast %ju crosses a link to n%u twice",
			    (uintmax_t)number, end->node);
	if (message->crossing_count == message->crossing_room) {
		message->crossing_room = (uint16_t)(
		    message->crossing_room * 2 + 32);
		message->crossings = realloc(message->crossings,
		    message->crossing_room * sizeof(*message->crossings));
		assert(message->crossings != NULL);
	}
	message->crossings[message->crossing_count++] = crossing;
}

/* ---- judgement ---- */

/* Who came or went later than that may not be known everywhere at 'usec'. */
static uint64_t
ledger_since(uint64_t usec)
{
	return world.phase == PHASE_CONTROL && usec > world.phase_usec ?
	    world.phase_usec : usec;
}

/* True if 'client' has been on since before 'usec', in one session. */
static bool
ledger_is_stable(const struct client *client, uint64_t usec)
{
	return client->is_on && client->on_usec <= ledger_since(usec);
}

/* Sessions that had number 'to' at 'usec' or later, ghosts included; the one
 * that was stable is '*stable'. */
static unsigned
ledger_holders(uint64_t to, uint64_t usec, const struct client **stable)
{
	const struct client *client;
	unsigned count = 0, i;

	*stable = NULL;
	for (i = 0; i < world.client_count; i++) {
		client = &world.clients[i];
		if (client->user + 1 != to)
			continue;
		count += client->ghost_usec > usec;
		if (ledger_is_stable(client, usec)) {
			*stable = client;
			count++;
		} else if (client->end != NULL || (client->off_usec +
		    LEDGER_KNOWN_USEC > ledger_since(usec))) {
			count++;
		}
	}
	return count;
}

/* True if servers can know by 'usec' that 'client' is there. Who comes back at
 * once meets the hold times of his last session, up to 2 s and doubling, while
 * a message waits 1 s for its author: by design, that may be too short. */
static bool
ledger_is_known(const struct client *client, uint64_t usec)
{
	return client->off_usec == 0 ||
	    client->on_usec > client->off_usec + LEDGER_CALM_USEC ||
	    client->on_usec + LEDGER_KNOWN_USEC < usec;
}

static void
ledger_judge_receipt(const struct message *message, uint64_t number,
    const struct client *client)
{
	const struct client *author = &world.clients[message->author];
	const struct client *only;
	const struct receipt *receipt = ledger_receipt(message,
	    client->session);

	if (world.phase == PHASE_DRAIN &&
	    !check_in_reach(client->node, author->node))
		return;
	if (receipt == NULL) {
		world_fail("u%u at n%u never gets message %ju of u%u at n%u",
		    client->user, client->node, (uintmax_t)number,
		    author->user, author->node);
		return;
	}
	/* Where several have the number, one's ACKN looks like another's; and
	 * those who know an author's last session only don't find him. */
	if (ledger_holders(client->user + 1, message->sent_usec, &only) != 1 ||
	    author->on_usec + LEDGER_KNOWN_USEC > message->sent_usec ||
	    !ledger_is_known(client, message->sent_usec))
		return;
	if (receipt->is_acked && receipt->ackns != 1 &&
	    author->session == message->session && author->is_on)
		world_fail("u%u's ACKN of message %ju comes %u times, not "
		    "once", client->user, (uintmax_t)number, receipt->ackns);
}

static void
ledger_judge_crossings(const struct message *message, uint64_t number)
{
	const struct wire *wire;
	unsigned nodes = 0, edges = 0, i;

	for (i = 0; i < world.node_count; i++)
		nodes += world_is_ours(i);
	for (wire = wires_first(); wire != NULL; wire = wire->next)
		edges += world_wire_is_link(wire);
	if (edges + 1 >= nodes &&
	    message->crossing_count > 2 * edges - (nodes - 1))
		world_fail("broadcast %ju crosses links %u times; 2E - (N - "
		    "1) is %u", (uintmax_t)number, message->crossing_count,
		    2 * edges - (nodes - 1));
}

static void
ledger_judge_message(const struct message *message, uint64_t number)
{
	const struct client *author = &world.clients[message->author];
	const struct client *client;
	unsigned i;

	if (!message->is_answered && author->is_on &&
	    author->session == message->session)
		world_fail("SEND %ju is never answered", (uintmax_t)number);
	if (!message->is_okay || author->session != message->session ||
	    !ledger_is_stable(author, message->sent_usec) ||
	    !ledger_is_known(author, message->sent_usec))
		return;
	/* Two who share the author's number can't be told apart. */
	if (ledger_holders(author->user + 1, message->sent_usec, &client) != 1)
		return;
	judged++;
	if (message->to != 0) {
		/* What was meant for the session before may have been lost. */
		if (ledger_holders(message->to, message->sent_usec, &client) ==
		    1 && client != NULL && client->on_usec +
		    LEDGER_KNOWN_USEC < message->sent_usec)
			ledger_judge_receipt(message, number, client);
		return;
	}
	for (i = 0; i < world.client_count; i++) {
		client = &world.clients[i];
		if (client->user != author->user &&
		    ledger_is_stable(client, message->sent_usec))
			ledger_judge_receipt(message, number, client);
	}
	if (!world.has_foreign && world.phase != PHASE_DRAIN)
		ledger_judge_crossings(message, number);
}

void
ledger_judge(void)
{
	bool is_exact = world.phase == PHASE_CALM ||
	    world.phase == PHASE_CONTROL || (world.phase == PHASE_DRAIN &&
	    !world.has_foreign);
	struct message *message;

	for (; ledger.judged < ledger.count; ledger.judged++) {
		message = &ledger.messages[ledger.judged];
		if (is_exact && message->phase == world.phase_count)
			ledger_judge_message(message,
			    LEDGER_FIRST + ledger.judged);
	}
}
