package dev.caravan.engine.grammar;

import dev.caravan.engine.grammar.Network.Count;
import dev.caravan.engine.grammar.Network.Node;
import dev.caravan.engine.grammar.Network.Read;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A grammar with the bytes of a vocabulary, ready for any number of answers at once. Thread-safe.
 *
 * <p>Which tokens may follow at a place inside a rule depends on what called the rule only for tokens that go on beyond
 * the rule's end. So the tokens that stay within the rule are found once per place and kept, together with the nodes of
 * the vocabulary's tree at which the rule ended; only what hangs below those is tried at every step (the idea is
 * XGrammar's, Dong et al. 2024).
 */
public final class TokenGrammar {

    /** The masks of one grammar; the least recently used go first. One for most tokens of 262,144 takes 32 KiB. */
    private static final long MAX_MASK_BYTES = 4L << 20;

    /** Places within a counted body for which all tokens are kept; 512 KiB each for 262,144 tokens. */
    private static final int MAX_COUNTED = 4;

    private static final Logger log = LoggerFactory.getLogger(TokenGrammar.class);

    private final Network network;
    private final TokenVocabulary vocabulary;

    /** Guards all below. */
    private final ReentrantLock turn = new ReentrantLock();

    private final Automaton automaton;
    private final TokenBits scratch;
    private final Map<Place, Mask> masks = new LinkedHashMap<>(64, 0.75f, true);
    private long maskBytes;
    private final AtomicBoolean hasWarned = new AtomicBoolean();
    private final Automaton freeAutomaton;
    private final Map<Place, CountedTokens> countedTokens = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * Compiles a grammar.
     *
     * @throws GrammarException if the grammar is too large or can never end
     * @throws IllegalArgumentException if the vocabulary lacks a byte that the grammar needs
     */
    TokenGrammar(Grammar grammar, TokenVocabulary vocabulary) {
        this.network = GrammarCompiler.compile(grammar);
        this.vocabulary = vocabulary;
        this.automaton = new Automaton(network);
        this.freeAutomaton = new Automaton(network, true);
        this.scratch = new TokenBits(vocabulary.size());
        requireBytes();
    }

    /**
     * JSON that is valid against a schema; compiled once and kept for a while, per tokenizer.
     *
     * @param schema the schema as plain values: maps in the order of the answer's properties, lists, texts, numbers,
     *     booleans and null
     * @throws GrammarException if the schema uses what is not supported; the message names it
     */
    public static TokenGrammar forJsonSchema(Map<String, ?> schema, Tokenizer tokenizer) {
        return TokenVocabulary.of(tokenizer).grammars().forJsonSchema(schema);
    }

    /** Any JSON object. */
    public static TokenGrammar forJsonObject(Tokenizer tokenizer) {
        return TokenVocabulary.of(tokenizer).grammars().forJsonObject();
    }

    /**
     * What a grammar in GBNF matches; compiled once and kept for a while, per tokenizer.
     *
     * @throws GrammarException if the grammar is wrong; the message says where
     */
    public static TokenGrammar forGrammar(String gbnf, Tokenizer tokenizer) {
        return TokenVocabulary.of(tokenizer).grammars().forGrammar(gbnf);
    }

    /** A constraint for one answer. */
    public GrammarConstraint constraint() {
        return new GrammarConstraint(this);
    }

    /** A node with as much of its stack as belongs to its own rule. */
    private record Place(int node, Frame stack) {}

    /**
     * What may follow at a place as far as its own rule says.
     *
     * @param tokens those that fit; with those that end exactly where the rule ends
     * @param exits nodes of the vocabulary's tree at which the rule ended and below which there are more tokens
     * @param depth the deepest stack on the way
     */
    @SuppressWarnings("ArrayRecordComponent") // made here, never written again
    record Mask(TokenBits.Tokens tokens, int[] exits, int depth) {
        long byteSize() {
            return 64 + 8L * tokens.values().length + 4L * exits.length;
        }
    }

    Network network() {
        return network;
    }

    TokenVocabulary vocabulary() {
        return vocabulary;
    }

    /**
     * The mask of a place.
     *
     * @param base the frame at which the stack of its own rule ends
     */
    Mask mask(int node, Frame stack, Frame base) {
        Frame own = ownStack(stack, 0);
        Place place = new Place(node, own);
        turn.lock();
        try {
            Mask mask = masks.get(place);
            if (mask == null) {
                mask = isCountedOnce(own) ? countedMask(node, own) : findMask(node, own);
                keep(place, mask);
                if (automaton.isNarrowed() || freeAutomaton.isNarrowed()) {
                    warnOfNarrowing();
                }
            }
            if (mask.depth() + base.depth() <= Automaton.MAX_DEPTH) {
                return mask;
            }
            // So near to the deepest stack the place is not like others.
            return findMask(node, ownStack(stack, base.depth()));
        } finally {
            turn.unlock();
        }
    }

    /** Says once that a bound of {@link Automaton} was reached. */
    void warnOfNarrowing() {
        if (hasWarned.compareAndSet(false, true)) {
            log.warn(
                    "grammar=narrowed reason=\"so ambiguous that some of its answers were left out; make it simpler\"");
        }
    }

    private void keep(Place place, Mask mask) {
        masks.put(place, mask);
        maskBytes += mask.byteSize();
        Iterator<Mask> eldest = masks.values().iterator();
        while (maskBytes > MAX_MASK_BYTES && masks.size() > 1) {
            maskBytes -= eldest.next().byteSize();
            eldest.remove();
        }
    }

    private static boolean isCountedOnce(Frame own) {
        return own.isCount() && own.below().isBottom();
    }

    /** One walk serves all counts of a place: a text of limited length is at another count after every token. */
    private Mask countedMask(int node, Frame own) {
        Place any = new Place(node, Frame.bottom(0).pushCount(own.node(), 0));
        CountedTokens counted = countedTokens.get(any);
        if (counted == null) {
            freeAutomaton.rest();
            counted = CountedTokens.find(vocabulary, freeAutomaton, freeAutomaton.at(node, any.stack()));
            countedTokens.put(any, counted);
            if (countedTokens.size() > MAX_COUNTED) {
                countedTokens.remove(countedTokens.keySet().iterator().next());
            }
        }
        if (!counted.isSingle()) {
            return findMask(node, own);
        }
        Count count = (Count) network.nodes()[own.node()];
        return counted.mask(count.min() - own.count(), count.max() - own.count(), scratch);
    }

    private Mask findMask(int node, Frame own) {
        TokenBits bits = scratch;
        automaton.rest();
        bits.clear();
        IntList exits = new IntList();
        int[] depth = new int[1];
        ParseState start = automaton.at(node, own);
        depth[0] = start.depth;
        vocabulary.walk(0, start, automaton, (child, state, tokens, from, to) -> {
            for (int i = from; i < to; i++) {
                bits.add(tokens[i]);
            }
            depth[0] = Math.max(depth[0], state.depth);
            if (state.isComplete && vocabulary.hasChildren(child)) {
                exits.add(child);
            }
        });
        return new Mask(bits.compact(), exits.toArray(), depth[0]);
    }

    /** The counts on top of the stack, on a bottom of their own. Counts that no token can tell apart become the same. */
    private Frame ownStack(Frame stack, int depth) {
        List<Frame> counts = new ArrayList<>();
        for (Frame frame = stack; frame.isCount(); frame = frame.below()) {
            counts.add(frame);
        }
        Frame own = Frame.bottom(depth);
        for (Frame frame : counts.reversed()) {
            own = own.pushCount(frame.node(), alike((Count) network.nodes()[frame.node()], frame.count()));
        }
        return own;
    }

    /** A token reads the body at most once per byte, so only bounds that near can be seen. */
    private int alike(Count count, int times) {
        int reach = vocabulary.longestBytes() + 1;
        boolean seesMax = count.max() != Expression.UNBOUNDED && count.max() - times <= reach;
        boolean seesMin = times < count.min() && count.min() - times <= reach;
        if (seesMax || seesMin) {
            return times;
        }
        return times < count.min() ? 0 : count.min();
    }

    private void requireBytes() {
        boolean[] isNeeded = new boolean[256];
        for (Node node : network.nodes()) {
            if (node instanceof Read read) {
                for (int edge = 0; edge < read.targets().length; edge++) {
                    Arrays.fill(isNeeded, read.first()[edge], read.last()[edge] + 1, true);
                }
            }
        }
        for (int value = 0; value < isNeeded.length; value++) {
            if (isNeeded[value] && !vocabulary.hasByte(value)) {
                throw new IllegalArgumentException(
                        ("the vocabulary has no token for byte %02X, which the grammar may need;"
                                        + " use a model whose tokenizer falls back to bytes")
                                .formatted(value));
            }
        }
    }
}
