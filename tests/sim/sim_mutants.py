"""
Faults put into the files that ship, one at a time, which the simulator of
whole nodes must find: each row names the file, says what is wrong with it, and
how its text is changed for that. A change that doesn't fit the text exactly
once is an error: then the row has to follow the file.

Usage: sim_mutants.py OBJECTS OUTDIR COMPILER [FLAG ...]
OBJECTS is what the simulator is linked from, with colons; the changed file is
compiled and goes before them, so that the archives' own is left out. With
MUTANT="NAME ..." in the environment only these are tried.
"""
import collections
import os
import re
import subprocess
import sys

Mutant = collections.namedtuple("Mutant", "name file idea old new")

# So many events may pass until the fault shows.
EVENTS = 10000000

MUTANTS = [
    Mutant("hops-not-counted", "control/route.c",
           "announce the neighbour's hop count as our own",
           "\t\troute->distance = least + 1;\n",
           "\t\troute->distance = least;\n"),
    Mutant("best-at-once", "control/route.c",
           "take the best neighbour at once, whatever our own distance",
           "if (least < route->distance && least < node->hops_max &&",
           "if (least < node->hops_max &&"),
    Mutant("no-list-time", "control/way.c",
           "hide a user as soon as his way is lost",
           "\tif (way_is_gone(core, user)) {\n",
           "\tif (user->route.wait_count == 0) {\n"),
    Mutant("hidden-in-silence", "dataplane/plane_deliver.c",
           "hide an entry without telling clients",
           "\tplane_tell_clients(plane, frame, left.number);\n",
           "\tframe_release(&frame);\n"),
    Mutant("duplicates-pass", "dataplane/msgtable.c",
           "pass broadcasts on that have been here",
           "\tif (entry != NULL && message.is_shared && (slot != NULL ||\n",
           "\tif (entry != NULL && message.is_shared && (slot != NULL &&\n"),
    Mutant("held-for-ever", "dataplane/plane_deliver.c",
           "forget what was held when there is a way again",
           "\tif (state == IPC_FORWARD)\n\t\theld_flush",
           "\tif (state != IPC_FORWARD)\n\t\theld_flush"),
    Mutant("left-not-journaled", "control/engine.c",
           "leave a peer's LEFT out of the journal",
           "\tjournal_event(&engine->journal, event);\n",
           "\tif (event->type != IPC_left)\n"
           "\t\tjournal_event(&engine->journal, event);\n"),
    Mutant("sent-before-written", "control/engine.c",
           "write the journal not before, but now and then",
           "\t} else if (journal_flush(&engine->journal, now_msec) == DN_OK",
           "\t} else if ((now_msec % 8 != 0 || journal_flush(&engine->journal,"
           " now_msec) == DN_OK)"),
    Mutant("slice-not-journaled", "control/engine.c",
           "leave out of the journal who was told that a link has gone",
           "\tjournal_event(&engine->journal, event);\n",
           "\tif (event->type != EVENT_slice)\n"
           "\t\tjournal_event(&engine->journal, event);\n"),
    Mutant("records-not-repeated", "dataplane/uplink.c",
           "send records up only once, whoever took them",
           "\tuplink->state = UPLINK_OPEN;\n"
           "\tuplink->unsent = uplink->count;\n",
           "\tuplink->state = UPLINK_OPEN;\n"),
    Mutant("outbox-not-rewound", "control/downlink.c",
           "send records down only once, whoever took them",
           "\toutbox_rewind(&downlink->engine->outbox);\n", ""),
    Mutant("closed-untold", "dataplane/conn.c",
           "don't tell dncontrol of links that fall silent",
           "\tif (conn->is_told && is_link)\n",
           "\tif (conn->is_told && is_link && code == WS_CLOSE_POLICY)\n"
           "\t\t(void)plane;\n"
           "\telse if (conn->is_told && is_link)\n"),
    Mutant("no-client-limit", "dataplane/conn_output.c",
           "let a client's queue grow without a limit",
           "\tif (queue_bytes(&conn->queue) > most)\n",
           "\tif (queue_bytes(&conn->queue) > most * 64)\n"),
    Mutant("early-not-kept", "dataplane/plane_deliver.c",
           "drop what comes before its sender's ARRV",
           "\t\tplane->counters[IPC_COUNTER_unknown_dropped] +=\n"
           "\t\t    held_early(&plane->held, id, msg, plane->now_msec);\n",
           "\t\tplane->counters[IPC_COUNTER_unknown_dropped]++;\n"
           "\t\t(void)id;\n"),
]


def build(mutant, objects, outdir, compiler):
    with open(mutant.file, encoding="utf-8") as file:
        text = file.read()
    if text.count(mutant.old) != 1:
        sys.exit(f"sim_mutants: {mutant.name}: its change fits {mutant.file}"
                 f" {text.count(mutant.old)} times, not once:\n{mutant.old}")
    source = os.path.join(outdir, mutant.name + ".c")
    with open(source, "w", encoding="utf-8") as file:
        file.write(text.replace(mutant.old, mutant.new))
    binary = os.path.join(outdir, mutant.name)
    # Their asserts would catch some of them before the simulator does.
    subprocess.run(compiler + ["-w", "-DNDEBUG", "-I" + os.path.dirname(
        mutant.file), "-o", binary, source] + objects, check=True)
    return binary


def main():
    objects, outdir, *compiler = sys.argv[1:]
    os.makedirs(outdir, exist_ok=True)
    only = os.environ.get("MUTANT", "").split()
    mutants = [m for m in MUTANTS if not only or m.name in only]
    caught = 0
    for mutant in mutants:
        binary = build(mutant, objects.split(":"), outdir, compiler)
        run = subprocess.run([binary, "--events", str(EVENTS)], text=True,
                             stdout=subprocess.PIPE, check=False)
        found = re.search(r"^violation.*\n\s*[0-9.]+ (.*)$", run.stdout, re.M)
        events = re.search(r"^simulated (\d+) events", run.stdout, re.M)
        good = run.returncode == 1 and found is not None
        caught += good
        print(f"{'caught' if good else 'NOT CAUGHT'} after"
              f" {events.group(1) if events else '?'} events:"
              f" {mutant.idea} [{mutant.name}]"
              + (f": {found.group(1)}" if good else ""), flush=True)
    print(f"caught {caught} of {len(mutants)}")
    return 0 if caught == len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main())
