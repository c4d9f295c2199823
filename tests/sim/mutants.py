"""
Simplifications of control/route.c that look right and are wrong: each row says
what is simplified, how the text of the file is changed for it, where the harm
shows, and in how many steps. Each is compiled and explored; so is the file as
it ships, on the same scenario, where nothing may show. With states that are
alike by symmetry counted as one it has to be caught as soon. A change that
doesn't fit the text exactly once is an error: then the row has to follow the file.

Usage: mutants.py ROUTE.C OBJECTS OUTDIR COMPILER [FLAG ...]
OBJECTS is what the explorer is linked from besides, with commas. With
MUTANT="NAME ..." in the environment only these are tried, and the way to the
harm is told step by step.
"""
import collections
import os
import re
import subprocess
import sys

Mutant = collections.namedtuple("Mutant", "name idea scenario steps changes")

MUTANTS = [
    Mutant(
        "best-at-once", "take the best neighbour at once, whatever our own"
        " distance", "triangle hold=no events=1 find=loop", 1,
        [("if (least < route->distance && least < node->hops_max &&",
          "if (least < node->hops_max &&")]),
    Mutant(
        "no-waiting", "send LEFT and choose again without waiting",
        "triangle hold=no events=1 find=loop", 1,
        [("\t\tlink->flags |= ROUTE_WAIT;\n\t\troute->wait_count++;\n", "")]),
    Mutant(
        "any-arrv-answers", "take any ARRV that comes after our LEFT for its"
        " acknowledgement", "triangle-tail arrive=3 leave=3 hold=no events=2"
        " find=loop", 7,
        [("\tlink->hops = hops;\n",
          "\tlink->hops = hops;\n\tacked(route, node, slot);\n")]),
    Mutant(
        "any-left-answers", "take any LEFT that comes after our LEFT for its"
        " acknowledgement", "triangle-tail arrive=3 leave=3 hold=no events=3"
        " find=loop", 19,
        [("\tlink->hops = ROUTE_INFINITY;\n",
          "\tlink->hops = ROUTE_INFINITY;\n\tacked(route, node, slot);\n")]),
    Mutant(
        "no-deferral", "acknowledge each LEFT at once",
        "triangle hold=no events=1 find=hops", 16,
        [("if (route->wait_count > 0 || (link->flags & ROUTE_DRAIN)) {\n"
          "\t\tack(route, node, slot);\n\t} else {\n"
          "\t\tlink->flags |= ROUTE_OWE;\n",
          "if (route->wait_count > 0 || (link->flags & ROUTE_DRAIN)) {\n"
          "\t\tack(route, node, slot);\n\t} else {\n"
          "\t\tack(route, node, slot);\n")]),
    Mutant(
        "crossing-lefts", "let LEFTs that cross acknowledge each other",
        "triangle hold=no events=1 find=debt", 7,
        [("\tif (route->wait_count > 0 || (link->flags & ROUTE_DRAIN)) {\n",
          "\tif (link->flags & ROUTE_WAIT) {\n"
          "\t\tacked(route, node, slot);\n"
          "\t} else if (route->wait_count > 0 ||"
          " (link->flags & ROUTE_DRAIN)) {\n")]),
    Mutant(
        "poisoned-reverse", "tell a new next hop LEFT if it was told",
        "square-diagonal hold=no events=3 find=loop", 30,
        [("\t\tif (is_news(route, node, slot, was)) {\n",
          "\t\tif (route->succ == (int16_t)slot &&"
          " (route->links[slot].flags & ROUTE_TOLD)) {\n"
          "\t\t\troute->links[slot].flags &= (uint8_t)~ROUTE_TOLD;\n"
          "\t\t\tsend_left(route, node, slot);\n"
          "\t\t} else if (is_news(route, node, slot, was)) {\n")]),
    Mutant(
        "doubled-hello", "send the first ARRV of a link twice",
        "square-diagonal hold=no events=3 find=loop", 12,
        [("\t\t\troute->links[slot].flags |= ROUTE_TOLD;\n",
          "\t\t\tif (!(route->links[slot].flags & ROUTE_TOLD))\n"
          "\t\t\t\tsend_arrv(route, node, slot);\n"
          "\t\t\troute->links[slot].flags |= ROUTE_TOLD;\n")]),
    Mutant(
        "no-useless-lefts", "send no LEFT for what isn't announced",
        "line3 hold=no events=1 find=debt", 3,
        [("\telse if (!node->naive[slot])\n\t\tsend_left(route, node, slot);\n",
          "")]),
    Mutant(
        "local-at-once", "announce a user who arrives while we withdraw at"
        " once", "line3 users=0+2 hold=no events=4 find=debt", 6,
        [("\tif (route->wait_count > 0)\n\t\treturn;\n\tchoose",
          "\tif (route->wait_count > 0 && !route->local &&\n"
          "\t    route->distance == ROUTE_INFINITY)\n\t\treturn;\n"
          "\tchoose")]),
    Mutant(
        "defer-all", "defer acknowledgements while we withdraw, too",
        "triangle hold=no events=1 find=debt", 6,
        [("if (route->wait_count > 0 || (link->flags & ROUTE_DRAIN)) {",
          "if (link->flags & ROUTE_DRAIN) {")]),
    Mutant(
        "answered-left", "answer a LEFT that changes nothing",
        "line3 hold=no events=1 find=endless", 5,
        [("\tif (link->hops == ROUTE_INFINITY) {\n",
          "\tif (link->hops == ROUTE_INFINITY) {\n"
          "\t\tack(route, node, slot);\n")]),
    Mutant(
        "drain-not-awaited", "withdraw without waiting for a drain's LEFT",
        "triangle hold=no drain=all events=2 find=loop", 7,
        [("} else if (link->flags & ROUTE_PEND) {", "} else if (0) {")]),
    Mutant(
        "drain-forgets", "forget at the drain what was announced there",
        "triangle hold=no drain=all events=2 find=debt", 3,
        [("\tlink->flags |= ROUTE_UP | ROUTE_DRAIN;\n",
          "\tlink->flags |= ROUTE_UP | ROUTE_DRAIN;\n"
          "\tlink->hops = ROUTE_INFINITY;\n")]),
    Mutant(
        "drain-mute", "acknowledge nothing on a link that drains",
        "triangle hold=no drain=all events=2 find=debt", 4,
        [("\t\tack(route, node, slot);\n\t} else {",
          "\t\tif (!(link->flags & ROUTE_DRAIN))\n"
          "\t\t\tack(route, node, slot);\n\t} else {")]),
]


def compile_explorer(source, name, objects, outdir, compiler):
    binary = os.path.join(outdir, name)
    # Their asserts would catch some of them before the explorer does.
    subprocess.run(
        compiler + ["-w", "-DNDEBUG", "-Icontrol", "-o", binary, source]
        + objects, check=True)
    return binary


def explore(binary, scenario):
    """Returns the exit code, the steps to the fault, the output."""
    run = subprocess.run([binary] + scenario.split(), text=True,
                         stdout=subprocess.PIPE, check=False)
    found = re.search(r"^violation \w+ in (\d+) steps$", run.stdout, re.M)
    return run.returncode, int(found.group(1)) if found else None, run.stdout


def mutate(text, mutant):
    for old, new in mutant.changes:
        if text.count(old) != 1:
            sys.exit(f"mutants: {mutant.name}: its change fits route.c"
                     f" {text.count(old)} times, not once:\n{old}")
        text = text.replace(old, new)
    return text


def main():
    route, objects, outdir, *compiler = sys.argv[1:]
    objects = objects.split(",")
    os.makedirs(outdir, exist_ok=True)
    with open(route, encoding="utf-8") as file:
        text = file.read()
    shipped = compile_explorer(route, "shipped", objects, outdir, compiler)
    only = os.environ.get("MUTANT", "").split()
    mutants = [m for m in MUTANTS if not only or m.name in only]
    clean = {}
    caught = 0
    for mutant in mutants:
        source = os.path.join(outdir, mutant.name + ".c")
        with open(source, "w", encoding="utf-8") as file:
            file.write(mutate(text, mutant))
        binary = compile_explorer(source, mutant.name, objects, outdir,
                                  compiler)
        code, steps, output = explore(binary, mutant.scenario)
        if only:
            print(output, end="")
        # Any of equal neighbours may win then: never later, perhaps sooner.
        reduced = explore(binary, mutant.scenario + " symmetric")
        if mutant.scenario not in clean:
            clean[mutant.scenario] = explore(shipped, mutant.scenario)[0] == 0
        good = (code == 1 and steps is not None and steps <= mutant.steps
                and reduced[0] == 1 and reduced[1] <= steps
                and clean[mutant.scenario])
        caught += good
        print(f"{'caught' if good else 'NOT CAUGHT'}"
              f" {'after %d steps' % steps if steps else ''}"
              f" (at most {mutant.steps}): {mutant.idea}"
              f" [{mutant.scenario}]"
              + ("" if clean[mutant.scenario] else ": the shipped one, too!"),
              flush=True)
    print(f"caught {caught} of {len(mutants)}")
    return 0 if caught == len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main())
