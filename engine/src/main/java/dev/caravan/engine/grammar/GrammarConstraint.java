package dev.caravan.engine.grammar;

import dev.caravan.engine.generate.TokenConstraint;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.Map;

/**
 * Keeps an answer to a grammar: only tokens whose bytes can be part of a text that the grammar matches remain. End tokens
 * remain exactly where the text may end. Token by token; an answer that got shorter or other since the last call is
 * followed from where it still is the same. For one answer and one thread.
 */
public final class GrammarConstraint implements TokenConstraint {

    /** How many tokens can be taken back without reading the answer again from its beginning. */
    private static final int KEPT_STATES = 64;

    private final TokenGrammar grammar;
    private final TokenVocabulary vocabulary;
    private final Automaton automaton;
    private final TokenBits allowed;
    private final ParseState[] states = new ParseState[KEPT_STATES];
    private int[] seen = new int[64];
    private int seenCount;

    /** The least number of tokens whose state is still kept. */
    private int oldestKept;

    GrammarConstraint(TokenGrammar grammar) {
        this.grammar = grammar;
        this.vocabulary = grammar.vocabulary();
        this.automaton = new Automaton(grammar.network());
        this.allowed = new TokenBits(vocabulary.size());
        this.states[0] = automaton.start(Frame.bottom(0));
    }

    /**
     * JSON that is valid against a schema.
     *
     * @param schema as plain values: maps, lists, texts, numbers, booleans and null
     * @throws GrammarException if the schema uses what is not supported; the message names it
     */
    public static GrammarConstraint forJsonSchema(Map<String, ?> schema, Tokenizer tokenizer) {
        return TokenGrammar.forJsonSchema(schema, tokenizer).constraint();
    }

    /** Any JSON object. */
    public static GrammarConstraint forJsonObject(Tokenizer tokenizer) {
        return TokenGrammar.forJsonObject(tokenizer).constraint();
    }

    /**
     * What a grammar in GBNF matches.
     *
     * @throws GrammarException if the grammar is wrong; the message says where
     */
    public static GrammarConstraint forGrammar(String gbnf, Tokenizer tokenizer) {
        return TokenGrammar.forGrammar(gbnf, tokenizer).constraint();
    }

    /** @throws IllegalArgumentException if there are fewer logits than the vocabulary has tokens */
    @Override
    public void apply(int[] generated, int count, float[] logits) {
        if (logits.length < vocabulary.size()) {
            throw new IllegalArgumentException(
                    "%d logits for a vocabulary of %d tokens; the grammar was made for another tokenizer"
                            .formatted(logits.length, vocabulary.size()));
        }
        ParseState state = follow(generated, count);
        allowed.clear();
        automaton.rest();
        for (int way = 0; way < state.nodes.length; way++) {
            allowFrom(state.nodes[way], state.stacks[way]);
        }
        if (state.isComplete || allowed.isEmpty()) {
            vocabulary.addEnds(allowed);
        }
        allowed.forbidOthers(logits);
        if (automaton.isNarrowed()) {
            grammar.warnOfNarrowing();
        }
    }

    /** Whether a bound of {@link Automaton} has refused tokens that the grammar itself would allow. */
    boolean isNarrowed() {
        return automaton.isNarrowed();
    }

    private void allowFrom(int node, Frame stack) {
        Frame base = stack;
        while (base.isCount()) {
            base = base.below();
        }
        TokenGrammar.Mask mask = grammar.mask(node, stack, base);
        allowed.addAll(mask.tokens());
        if (base.isBottom() || mask.exits().length == 0) {
            return;
        }
        ParseState after = automaton.after(base);
        for (int exit : mask.exits()) {
            vocabulary.walk(exit, after, automaton, (child, state, tokens, from, to) -> {
                for (int i = from; i < to; i++) {
                    allowed.add(tokens[i]);
                }
            });
        }
    }

    /** The state after the first {@code count} tokens. */
    private ParseState follow(int[] generated, int count) {
        int shorter = Math.min(seenCount, count);
        int mismatch = Arrays.mismatch(seen, 0, shorter, generated, 0, shorter);
        int known = mismatch < 0 ? shorter : mismatch;
        if (known < oldestKept) {
            known = 0;
            oldestKept = 0;
            states[0] = automaton.start(Frame.bottom(0));
        }
        if (count > seen.length) {
            seen = Arrays.copyOf(seen, Math.max(count, seen.length * 2));
        }
        System.arraycopy(generated, known, seen, known, count - known);
        seenCount = count;
        ParseState state = states[known % KEPT_STATES];
        for (int index = known; index < count; index++) {
            state = after(state, generated[index]);
            states[(index + 1) % KEPT_STATES] = state;
            oldestKept = Math.max(oldestKept, index + 2 - KEPT_STATES);
        }
        return state;
    }

    /** After a token that does not fit, or an end token, nothing but the end fits. */
    private ParseState after(ParseState state, int token) {
        automaton.rest();
        boolean isUnknown = token < 0 || token >= vocabulary.size() || vocabulary.byteCount(token) == 0;
        if (isUnknown) {
            return automaton.dead();
        }
        ParseState following = state;
        for (int i = 0; i < vocabulary.byteCount(token); i++) {
            following = automaton.next(following, vocabulary.byteAt(token, i));
        }
        return following;
    }
}
