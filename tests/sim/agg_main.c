/*
 * The aggregation study: messages and memory of the plain protocol, which has
 * a route per user, beside those of agg_study.h, which has one per home node,
 * on the same graph and for the same happenings. The smaller network is
 * measured both ways in full. In the larger one the plain protocol does not
 * fit: routes of users at one home are all alike, so what is measured of one
 * user a home is multiplied by the users that a home has. The smaller network
 * says how good that is.
 *
 * Checked on the way: all maps are the truth after happenings that overlap,
 * with users who move and users with two holders; all routes are exact.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agg_study.h"
#include "scale_core.h"

#define MAIN_MESSAGES_MAX UINT64_C(2000000000)
#define MAIN_SAMPLE 1000
#define MAIN_CORE_LINKS 8

enum happening { ARRIVE, FAIL, RETURN, DIE, REVIVE, LEAVE, HAPPENINGS };

static const char *const names[] = {
	"all users arrive", "a link fails", "it returns",
	"a server is cut off", "it is back", "a server's users leave"
};

/* A network with its cut-off server: the one with the most links. */
struct study {
	struct scale scale;
	uint32_t users;  /* records of routes */
	uint32_t victim;
	uint64_t messages[HAPPENINGS];
	double times[HAPPENINGS];
};

static unsigned faults;

static uint32_t
main_victim(const struct scale *scale)
{
	uint32_t i, victim = 0;

	for (i = 0; i < scale->node_count; i++)
		if (scale->nodes[i].way_count >
		    scale->nodes[victim].way_count)
			victim = i;
	return victim;
}

static void
main_cut(struct study *study, bool is_up)
{
	const struct scale *scale = &study->scale;
	uint32_t i;

	for (i = 0; i < scale->edge_count; i++)
		if (scale->edges[i].a == study->victim ||
		    scale->edges[i].b == study->victim)
			scale_edge_set(&study->scale, i, is_up);
}

static void
main_locals(struct study *study, uint32_t node, bool is_local)
{
	uint32_t user;

	for (user = 0; user < study->users; user++)
		if (node == UINT32_MAX || user % study->scale.node_count ==
		    node)
			scale_local(&study->scale, user %
			    study->scale.node_count, user, is_local);
}

static void
main_happen(struct study *study, enum happening what)
{
	struct scale *scale = &study->scale;
	double from = scale->now;

	scale->messages = 0;
	scale->changed = from;
	switch (what) {
	case ARRIVE:
		main_locals(study, UINT32_MAX, true);
		break;
	case FAIL:
	case RETURN:
		scale_edge_set(scale, 0, what == RETURN);
		break;
	case DIE:
	case REVIVE:
		main_cut(study, what == REVIVE);
		break;
	case LEAVE:
		main_locals(study, 1, false);
		break;
	case HAPPENINGS:
		break;
	}
	if (!scale_run(scale, MAIN_MESSAGES_MAX))
		faults++;
	study->messages[what] = scale->messages;
	study->times[what] = scale->changed - from;
	memset(scale->strikes, 0, (size_t)scale->node_count * study->users);
}

static void
main_study(struct study *study, uint32_t nodes, uint32_t users)
{
	uint32_t user;
	int i;

	memset(study, 0, sizeof(*study));
	if (!scale_draw(&study->scale, "ba", nodes, 11))
		abort();
	study->users = users;
	study->victim = main_victim(&study->scale);
	scale_begin(&study->scale, SCALE_OURS, users);
	for (i = 0; i < HAPPENINGS; i++) {
		main_happen(study, (enum happening)i);
		for (user = 0; user < nodes && i < LEAVE; user += 37)
			if (i != DIE && !scale_is_exact(&study->scale, user,
			    user % nodes))
				faults++;
	}
}

/* ---- the aggregated one ---- */

/* What USER messages and HAVE entries the happenings cost for 'users' users,
 * of whom MAIN_SAMPLE stand for all. */
static void
main_maps(struct study *homes, uint32_t users, uint64_t *user_messages,
    uint64_t *have_entries)
{
	struct scale *scale = &homes->scale;
	uint32_t n = scale->node_count, sample = MAIN_SAMPLE, user, i;
	uint16_t truth[AGG_HOLDERS_MAX] = {0, AGG_NO_HOME};
	uint64_t times = users / sample;
	struct agg agg;

	agg_begin(&agg, scale, sample);
	for (user = 0; user < sample; user++)
		agg_change(&agg, user % n, user, true);
	agg_run(&agg);
	user_messages[ARRIVE] = agg.user_messages * times;
	for (user = 0; user < sample; user++) {
		truth[0] = (uint16_t)(user % n);
		faults += agg_wrong(&agg, user, truth) != 0;
	}
	agg.user_messages = 0;
	agg_edge_set(&agg, 0, false);
	agg_edge_set(&agg, 0, true);
	agg_run(&agg);
	user_messages[RETURN] = agg.user_messages * times;
	have_entries[RETURN] = agg.have_entries;
	/* Nobody changed while the server was away; both sides compare. */
	have_entries[REVIVE] = 2ull * n *
	    scale->nodes[homes->victim].way_count;
	agg.user_messages = 0;
	for (user = 0, i = 0; user < sample; user++)
		if (user % n == 1) {
			agg_change(&agg, 1, user, false);
			i++;
		}
	agg_run(&agg);
	user_messages[LEAVE] = i > 0 ? agg.user_messages / i * (users / n) : 0;
	agg_end(&agg);
}

/* Users come, move and are at two homes while links fail and return. */
static void
main_overlap(struct study *homes, unsigned rounds)
{
	struct scale *scale = &homes->scale;
	uint32_t n = scale->node_count, user, round, home, edge;
	uint16_t truth[MAIN_SAMPLE][AGG_HOLDERS_MAX];
	unsigned wrong = 0;
	struct agg agg;

	memset(truth, 0xff, sizeof(truth));
	agg_begin(&agg, scale, MAIN_SAMPLE);
	for (round = 0; round < rounds; round++) {
		user = scale_below(scale, MAIN_SAMPLE);
		home = scale_below(scale, n);
		edge = scale_below(scale, scale->edge_count);
		agg_edge_set(&agg, edge, false);
		/* At one of two, he leaves one; else he comes to another. */
		if (truth[user][0] == home || truth[user][1] == home ||
		    (truth[user][0] != AGG_NO_HOME &&
		    truth[user][1] != AGG_NO_HOME)) {
			home = truth[user][round % 2] != AGG_NO_HOME ?
			    round % 2 : 1 - round % 2;
			agg_change(&agg, truth[user][home], user, false);
			/* The next is told only when all know of it: three
			 * at a time are not kept, and so not tried here. */
			agg_run(&agg);
			truth[user][home] = AGG_NO_HOME;
		} else {
			agg_change(&agg, home, user, true);
			truth[user][truth[user][0] != AGG_NO_HOME] =
			    (uint16_t)home;
		}
		agg_edge_set(&agg, edge, true);
		if (round % 50 == 0)
			agg_run(&agg);
	}
	agg_run(&agg);
	for (user = 0; user < MAIN_SAMPLE; user++)
		wrong += agg_wrong(&agg, user, truth[user]) != 0;
	faults += wrong;
	printf("%u changes of users while links fail and return: %u users "
	    "wrong on any map\n", rounds, wrong);
	agg_end(&agg);
}

/* ---- tables ---- */

static void
main_table(const struct study *plain, uint64_t factor,
    struct study *homes, uint32_t users)
{
	uint64_t user_messages[HAPPENINGS] = {0};
	uint64_t have_entries[HAPPENINGS] = {0}, sum, other;
	int i;

	main_maps(homes, users, user_messages, have_entries);
	printf("\n%u servers, %u links, %u users; plain: %s\n"
	    "%-24s| %14s | %14s | %10s | %12s | %10s\n",
	    homes->scale.node_count, homes->scale.edge_count, users,
	    factor == 1 ? "measured" : "extrapolated from a user a home",
	    "what happens", "plain messages", "USER", "HOME, LEFT",
	    "HAVE entries", "plain : agg");
	for (i = 0; i < HAPPENINGS; i++) {
		sum = plain->messages[i] * factor;
		/* Homes come and go with servers, not with their users. */
		other = i == LEAVE ? 0 : homes->messages[i];
		printf("%-24s| %14ju | %14ju | %10ju | %12ju | %9.1f\n",
		    names[i], (uintmax_t)sum, (uintmax_t)user_messages[i],
		    (uintmax_t)other, (uintmax_t)have_entries[i],
		    (double)sum / (double)(user_messages[i] + other +
		    have_entries[i] + 1));
	}
}

static void
main_memory(const struct study *homes, uint32_t users)
{
	const struct scale *scale = &homes->scale;
	double plain = (double)scale->node_count * users *
	    sizeof(struct route) + (double)scale->way_count * users *
	    sizeof(struct route_link);
	double agg = (double)scale->node_count * (users *
	    (double)sizeof(struct agg_user) + scale->node_count *
	    (sizeof(struct route) + sizeof(uint32_t))) +
	    (double)scale->way_count * scale->node_count *
	    sizeof(struct route_link);

	printf("routes and maps of all servers, without names: plain %.2f GB"
	    "%s, aggregated %.2f GB; a server: %.1f MB, %.1f MB\n",
	    plain / 1e9, users > 100000 ? " (computed)" : "", agg / 1e9,
	    plain / 1e6 / scale->node_count, agg / 1e6 / scale->node_count);
}

static void
main_cores(void)
{
	struct scale_core_cost one = scale_core_measure(200000, 1);
	struct scale_core_cost many = scale_core_measure(200000,
	    MAIN_CORE_LINKS);

	printf("\nthe core that ships, 200000 users: %.0f bytes a user with 1 "
	    "link, %.0f with %u\n", (double)one.bytes / 200000,
	    (double)many.bytes / 200000, MAIN_CORE_LINKS);
}

int
main(int argc, char **argv)
{
	struct study plain, homes;
	uint32_t nodes = argc > 1 ? (uint32_t)atoi(argv[1]) : 100;
	uint32_t users = argc > 2 ? (uint32_t)atoi(argv[2]) : 20000;
	uint64_t share;

	if (nodes < 10 || users < nodes) {
		puts("aggregate [NODES [USERS]]: what is measured in full");
		return 2;
	}
	fprintf(stderr, "aggregation: %u servers, %u users\n", nodes, users);
	main_study(&plain, nodes, users);
	main_study(&homes, nodes, nodes);
	main_table(&plain, 1, &homes, users);
	share = users / nodes;
	main_table(&homes, share, &homes, users);
	main_memory(&homes, users);
	main_overlap(&homes, 20000);
	scale_end(&plain.scale);
	scale_undraw(&plain.scale);
	scale_end(&homes.scale);
	scale_undraw(&homes.scale);
	fprintf(stderr, "aggregation: 1000 servers, 1000000 users\n");
	main_study(&homes, 1000, 1000);
	main_table(&homes, 1000, &homes, 1000000);
	main_memory(&homes, 1000000);
	main_cores();
	printf("aggregated, %u violations\n", faults);
	scale_end(&homes.scale);
	scale_undraw(&homes.scale);
	return faults != 0;
}
