/*
 * Reading of scenarios: see scenario.h.
 */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCENARIO_WORDS_MAX 24
#define SCENARIO_LINE_MAX 512

static const struct {
	const char *name, *links;
} scenario_nets[] = {
	{"pair", "0-1"},
	{"pair-double", "0-1,0-1"},
	{"line3", "0-1,1-2"},
	{"line4", "0-1,1-2,2-3"},
	{"star4", "0-1,0-2,0-3"},
	{"triangle", "0-1,1-2,2-0"},
	{"triangle-double", "0-1,1-2,2-0,0-1"},
	{"triangle-tail", "0-1,1-2,2-3,3-1"},
	{"square", "0-1,1-2,2-3,3-0"},
	{"square-diagonal", "0-1,1-2,2-3,3-0,0-2"},
	{"full4", "0-1,0-2,0-3,1-2,1-3,2-3"},
	{"ring5", "0-1,1-2,2-3,3-4,4-0"},
	{"ring5-chord", "0-1,1-2,2-3,3-4,4-0,1-3"},
};

#define SCENARIO_NETS (sizeof(scenario_nets) / sizeof(scenario_nets[0]))

/* Reads a list of numbers below 'count', as bits. */
static bool
scenario_bits(const char *text, unsigned count, uint64_t *bits)
{
	unsigned long number;
	char *end;

	*bits = strcmp(text, "all") == 0 ? (UINT64_C(1) << count) - 1 : 0;
	if (*bits != 0 || strcmp(text, "none") == 0)
		return true;
	for (;; text = end + 1) {
		number = strtoul(text, &end, 10);
		if (end == text || number >= count)
			return false;
		*bits |= UINT64_C(1) << number;
		if (*end != '+')
			return *end == '\0';
	}
}

static bool
scenario_faults(const char *text, uint32_t *faults)
{
	size_t size;
	int i;

	*faults = 0;
	for (;; text += size + 1) {
		size = strcspn(text, "+");
		for (i = 0; i < WORLD_FAULT_COUNT; i++)
			if (strlen(world_fault_word[i]) == size &&
			    memcmp(world_fault_word[i], text, size) == 0)
				break;
		if (i == WORLD_FAULT_COUNT)
			return false;
		*faults |= 1u << i;
		if (text[size] == '\0')
			return true;
	}
}

/* Reads 0-1,1-2; called twice, first to count the servers. */
static bool
scenario_links(const char *text, struct world_net *net, unsigned *servers)
{
	unsigned a, b, top;
	int size;

	for (;; text++) {
		if (sscanf(text, "%u-%u%n", &a, &b, &size) != 2 ||
		    a >= WORLD_SERVERS_MAX || b >= WORLD_SERVERS_MAX)
			return false;
		top = a > b ? a : b;
		if (*servers <= top)
			*servers = top + 1;
		if (net != NULL)
			world_net_link(net, (uint8_t)a, (uint8_t)b);
		text += size;
		if (*text != ',')
			return *text == '\0';
	}
}

/* Servers of other origin, by how they do it. */
static const struct {
	const char *word;
	enum world_kind kind;
} scenario_kinds[] = {
	{"rip=", WORLD_RIP},
	{"poison=", WORLD_RIP_POISON},
	{"echo=", WORLD_RIP_ECHO},
	{"flood=", WORLD_FLOOD},
};

#define SCENARIO_KINDS (sizeof(scenario_kinds) / sizeof(scenario_kinds[0]))

/* The row of such a word, or SCENARIO_KINDS. */
static size_t
scenario_kind(const char *word)
{
	size_t i;

	for (i = 0; i < SCENARIO_KINDS; i++)
		if (strncmp(word, scenario_kinds[i].word,
		    strlen(scenario_kinds[i].word)) == 0)
			break;
	return i;
}

/* The servers' kinds must be known before there are links. */
static bool
scenario_net(struct scenario *scenario, const char *links,
    char *const *words, int count)
{
	uint64_t foreign;
	unsigned server, servers = 0;
	size_t row;
	int i;

	if (!scenario_links(links, NULL, &servers))
		return false;
	world_net_init(&scenario->net, (uint8_t)servers);
	for (i = 0; i < count; i++) {
		row = scenario_kind(words[i]);
		if (row == SCENARIO_KINDS)
			continue;
		if (!scenario_bits(strchr(words[i], '=') + 1, servers,
		    &foreign))
			return false;
		for (server = 0; server < servers; server++)
			if (foreign >> server & 1)
				scenario->net.kind[server] =
				    scenario_kinds[row].kind;
	}
	return scenario_links(links, &scenario->net, &servers);
}

/* An event with its list of arguments. */
static bool
scenario_event(struct world_net *net, const char *word, size_t name_size)
{
	const char *list = word + name_size + 1;
	unsigned i, count;

	for (i = WORLD_BREAK; i < WORLD_ACTION_COUNT; i++) {
		if (strlen(world_action_word[i]) != name_size ||
		    memcmp(world_action_word[i], word, name_size) != 0)
			continue;
		count = i == WORLD_BREAK || i == WORLD_UP ? net->link_count
		    : i == WORLD_DRAIN ? 2u * net->link_count
		    : net->server_count;
		return scenario_bits(list, count, &net->allowed[i]);
	}
	return false;
}

/* A word that stands for itself. */
static bool
scenario_flag(struct scenario *scenario, const char *word)
{
	struct world_net *net = &scenario->net;

	if (strcmp(word, "cold") == 0)
		return scenario->is_cold = true;
	if (strcmp(word, "hold=late") == 0)
		return net->late_hold = true;
	if (strcmp(word, "hold=no") == 0) {
		net->hold_timers = false;
		return true;
	}
	if (strcmp(word, "symmetric") == 0)
		return scenario->is_symmetric = net->any_tie = true;
	if (strcmp(word, "ties=any") == 0)
		return net->any_tie = true;
	return false;
}

static bool
scenario_word(struct scenario *scenario, const char *word)
{
	struct world_net *net = &scenario->net;
	size_t name_size = strcspn(word, "=");
	uint64_t bits;

	if (scenario_flag(scenario, word))
		return true;
	if (word[name_size] == '\0')
		return false;
	if (scenario_kind(word) < SCENARIO_KINDS)
		return true;
	if (strncmp(word, "events=", 7) == 0)
		return (net->event_max = (uint8_t)atoi(word + 7)) > 0;
	if (strncmp(word, "infinity=", 9) == 0)
		return (net->foreign_infinity = (uint8_t)atoi(word + 9)) > 1;
	if (strncmp(word, "find=", 5) == 0)
		return scenario_faults(word + 5, &scenario->faults);
	if (strncmp(word, "users=", 6) != 0)
		return scenario_event(net, word, name_size);
	if (!scenario_bits(word + 6, net->server_count, &bits))
		return false;
	scenario->users = (uint32_t)bits;
	net->allowed[WORLD_ARRIVE] = net->allowed[WORLD_LEAVE] = bits;
	return true;
}

bool
scenario_read(struct scenario *scenario, char *const *words, int count)
{
	const char *links;
	size_t n;
	int i;

	if (count == 0)
		return false;
	links = words[0];
	for (n = 0; n < SCENARIO_NETS; n++)
		if (strcmp(words[0], scenario_nets[n].name) == 0)
			links = scenario_nets[n].links;
	*scenario = (struct scenario){.users = 1, .faults = UINT32_MAX};
	if (!scenario_net(scenario, links, words, count)) {
		fprintf(stderr, "explore: no network: %s\n", words[0]);
		return false;
	}
	scenario_word(scenario, "users=0");
	scenario_word(scenario, "break=all");
	scenario_word(scenario, "up=all");
	for (i = 1; i < count; i++) {
		if (!scenario_word(scenario, words[i])) {
			fprintf(stderr, "explore: not understood: %s\n",
			    words[i]);
			return false;
		}
	}
	return true;
}

bool
scenario_read_line(struct scenario *scenario, const char *line)
{
	char text[SCENARIO_LINE_MAX], *words[SCENARIO_WORDS_MAX], *rest;
	int count = 0;

	snprintf(text, sizeof(text), "%s", line);
	rest = text;
	while (count < SCENARIO_WORDS_MAX &&
	    (words[count] = strtok_r(rest, " ", &rest)) != NULL)
		count++;
	return scenario_read(scenario, words, count);
}
