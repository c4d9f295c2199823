/*
 * States that differ only in which server stands where in the network are one:
 * what the explorer tells states apart by.
 *
 * Why that is sound. An automorphism maps servers to servers of the same kind,
 * links to links, and events that are allowed to such ones. What can happen in
 * a world, and what is wrong with it, is the same after it, but for one thing:
 * of neighbours equally close route.c takes the one with the lowest slot, and
 * slots are not mapped to the same slots. So here any of them may win
 * (world_ties()): each real order of slots is among what is tried. Then the
 * states that can be reached from the image of a state are the images of those
 * that can be reached from it; one of them stands for all, whatever the start,
 * and a run without end shows as a cycle of those that stand for others.
 *
 * That the number of states and of those they stand for agree with the full
 * exploration is tested (tests/unit/control/explore_test.c).
 *
 * Reduction by independence (partial orders) is left alone: a server's actions
 * are independent of those of the others only while no queue to it is empty,
 * and the invariants are to be checked between any two of them.
 */
#ifndef SIM_SYMMETRY_H
#define SIM_SYMMETRY_H

#include "world.h"

#define SYMMETRY_VIEWS_MAX 256

struct symmetry {
	unsigned view_count; /* all automorphisms, the identity among them */
	struct world_view views[SYMMETRY_VIEWS_MAX];
};

/* Finds the automorphisms of the network, at most SYMMETRY_VIEWS_MAX: false if
 * there are more. Without 'is_wanted' there is only the identity. */
bool symmetry_init(struct symmetry *symmetry, const struct world_net *net,
    bool is_wanted);

/* The same for all images of a state. '*images' is their number. */
uint64_t symmetry_fingerprint(const struct symmetry *symmetry,
    const struct world *world, const struct world_net *net,
    unsigned *images);

#endif
