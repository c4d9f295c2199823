/*
 * The states one action later: see outcome.h.
 */
#include "outcome.h"

void
outcome_begin(struct outcome *outcome, const struct world_net *net,
    const uint8_t *from)
{
	outcome->net = net;
	outcome->from = from;
	outcome->next = 0;
	outcome->ties = 0;
	world_unpack(&outcome->world, net, from);
	outcome->count = world_actions(&outcome->world, net, outcome->list,
	    &outcome->must);
}

/* The same action with another winner of a tie. */
static void
outcome_retry(struct outcome *outcome)
{
	uint8_t slot = 0;

	while ((outcome->ties >> slot & 1) == 0)
		slot++;
	outcome->ties &= outcome->ties - 1;
	outcome->action.first = slot;
	world_unpack(&outcome->world, outcome->net, outcome->from);
	world_apply(&outcome->world, outcome->net, outcome->action);
}

bool
outcome_next(struct outcome *outcome)
{
	int16_t succ;

	if (outcome->ties != 0) {
		outcome_retry(outcome);
		return true;
	}
	if (outcome->next == outcome->count)
		return false;
	outcome->action = outcome->list[outcome->next++];
	world_unpack(&outcome->world, outcome->net, outcome->from);
	succ = outcome->world.routes[world_server(outcome->net,
	    outcome->action)].succ;
	world_apply(&outcome->world, outcome->net, outcome->action);
	outcome->ties = world_ties(&outcome->world, outcome->net,
	    outcome->action, succ);
	return true;
}

bool
outcome_is_step(const struct outcome *outcome)
{
	return outcome->action.kind < WORLD_BREAK;
}
