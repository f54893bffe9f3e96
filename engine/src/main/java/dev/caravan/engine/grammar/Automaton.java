package dev.caravan.engine.grammar;

import dev.caravan.engine.grammar.Network.Call;
import dev.caravan.engine.grammar.Network.Count;
import dev.caravan.engine.grammar.Network.End;
import dev.caravan.engine.grammar.Network.Read;
import dev.caravan.engine.grammar.Network.Split;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs a {@link Network} over bytes, all ways at once, and remembers which state follows on which byte (a lazily made
 * deterministic automaton, as in RE2). Three bounds keep it small whatever the grammar; each may only lose ways, so that
 * what remains is still valid: a stack's depth, the ways of a state and the work of one run. For one thread.
 */
final class Automaton {

    /** The deepest stack. A level of nested JSON takes two or three frames. */
    static final int MAX_DEPTH = 256;

    /** The ways that a state goes on; further ones are dropped, the last first. */
    static final int MAX_WAYS = 256;

    /** The places looked at between two {@link #rest}: about a tenth of a second. */
    private static final long MAX_WORK = 500_000;

    /** States kept; beyond, all are forgotten at the next {@link #rest}. */
    private static final int MAX_STATES = 1 << 12;

    private final Network network;
    private final boolean isCountFree;
    private final ParseState dead;
    private final Map<ParseState, ParseState> states = new HashMap<>();
    private long work;
    private boolean isNarrowed;

    Automaton(Network network) {
        this(network, false);
    }

    /** @param isCountFree whether the outermost count goes on without limits and is left with a mark of its times */
    Automaton(Network network, boolean isCountFree) {
        this.network = network;
        this.isCountFree = isCountFree;
        this.dead = new ParseState(new int[0], new Frame[0], false, 0, ParseState.NONE, 0);
    }

    /** A node with its stack. */
    private record Place(int node, Frame stack) {}

    /** The state that nothing follows. */
    ParseState dead() {
        return dead;
    }

    /** The state before the first byte. */
    ParseState start(Frame bottom) {
        Closure closure = new Closure();
        closure.enter(network.start(), bottom);
        return closure.state();
    }

    /** The state of one place. */
    ParseState at(int node, Frame stack) {
        Closure closure = new Closure();
        closure.enter(node, stack);
        return closure.state();
    }

    /** The state after what the top frame waits for has ended. */
    ParseState after(Frame stack) {
        Closure closure = new Closure();
        closure.end(stack);
        closure.run();
        return closure.state();
    }

    /** The state after a byte, dead if the byte does not fit. */
    ParseState next(ParseState state, int value) {
        if (state.nodes.length == 0) {
            return dead;
        }
        int byteClass = network.byteClasses()[value];
        ParseState known = state.next[byteClass];
        if (known != null) {
            return known;
        }
        if (work > MAX_WORK) {
            isNarrowed = true;
            return dead;
        }
        Closure closure = new Closure();
        for (int way = 0; way < state.nodes.length; way++) {
            Read read = (Read) network.nodes()[state.nodes[way]];
            for (int edge = 0; edge < read.targets().length; edge++) {
                if (read.first()[edge] <= value && value <= read.last()[edge]) {
                    closure.enter(read.targets()[edge], state.stacks[way]);
                }
            }
        }
        ParseState following = closure.state();
        state.next[byteClass] = following;
        return following;
    }

    /** Starts a new allowance of work, and forgets states if there are too many. */
    void rest() {
        work = 0;
        if (states.size() > MAX_STATES) {
            states.clear();
        }
    }

    /** Whether a bound has cost a way since the automaton was made. */
    boolean isNarrowed() {
        return isNarrowed;
    }

    /** Follows everything that reads no byte. */
    private final class Closure {
        private final List<Place> pending = new ArrayList<>();
        private final Set<Place> visited = new HashSet<>();
        private final List<Place> reading = new ArrayList<>();
        private boolean isComplete;
        private int depth;
        private int timesComplete = ParseState.NONE;

        void enter(int node, Frame stack) {
            add(node, stack);
            run();
        }

        void run() {
            while (!pending.isEmpty()) {
                work++;
                Place place = pending.removeLast();
                step(place.node(), place.stack());
            }
        }

        private void add(int node, Frame stack) {
            int needed = stack.depth() + network.heights()[node];
            if (needed > MAX_DEPTH) {
                return;
            }
            Place place = new Place(node, stack);
            if (visited.add(place)) {
                depth = Math.max(depth, needed);
                pending.add(place);
            }
        }

        private void step(int node, Frame stack) {
            switch (network.nodes()[node]) {
                case Read read -> read(node, stack);
                case Split split -> {
                    // The last one in is the first one out, and the first target comes first.
                    for (int i = split.targets().length - 1; i >= 0; i--) {
                        add(split.targets()[i], stack);
                    }
                }
                case Call call -> add(call.rule(), call.isLast() ? stack : stack.pushCall(call.target()));
                case Count count -> {
                    if (count.min() == 0) {
                        add(count.target(), stack);
                    }
                    add(count.body(), stack.pushCount(node, 0));
                }
                case End end -> end(stack);
            }
        }

        private void read(int node, Frame stack) {
            if (reading.size() < MAX_WAYS) {
                reading.add(new Place(node, stack));
            } else {
                isNarrowed = true;
            }
        }

        void end(Frame stack) {
            if (stack.isBottom()) {
                isComplete = true;
                return;
            }
            if (stack.isMark()) {
                timesComplete = ParseState.merged(timesComplete, stack.count());
                end(stack.below());
                return;
            }
            if (stack.isCall()) {
                add(stack.node(), stack.below());
            } else {
                endOfBody((Count) network.nodes()[stack.node()], stack);
            }
        }

        private void endOfBody(Count count, Frame stack) {
            int times = stack.count() + 1;
            if (isCountFree && stack.below().isBottom()) {
                add(count.target(), stack.below().pushMark(times));
                add(count.body(), stack.below().pushCount(stack.node(), times));
                return;
            }
            if (times >= count.min()) {
                add(count.target(), stack.below());
            }
            if (times < count.max()) {
                // Without an upper limit only the way up to the lower one need be counted.
                boolean isUnbounded = count.max() == Expression.UNBOUNDED;
                int kept = isUnbounded ? Math.min(times, count.min()) : times;
                add(count.body(), stack.below().pushCount(stack.node(), kept));
            }
        }

        ParseState state() {
            if (reading.isEmpty() && !isComplete) {
                return dead;
            }
            int[] nodes = new int[reading.size()];
            Frame[] stacks = new Frame[reading.size()];
            for (int way = 0; way < nodes.length; way++) {
                nodes[way] = reading.get(way).node();
                stacks[way] = reading.get(way).stack();
            }
            ParseState made = new ParseState(nodes, stacks, isComplete, depth, timesComplete, network.classCount());
            @Nullable ParseState known = states.putIfAbsent(made, made);
            return known == null ? made : known;
        }
    }
}
