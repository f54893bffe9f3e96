package dev.caravan.engine.grammar;

import java.nio.charset.StandardCharsets;

/** Whole texts against a grammar, byte by byte and without a vocabulary. */
final class Texts {

    private Texts() {}

    static boolean matches(Grammar grammar, String text) {
        return matches(grammar, text.getBytes(StandardCharsets.UTF_8));
    }

    static boolean matches(Grammar grammar, byte[] text) {
        return after(grammar, text).isComplete;
    }

    /** Whether more text may make a match of it. */
    static boolean begins(Grammar grammar, String text) {
        return !after(grammar, text.getBytes(StandardCharsets.UTF_8)).isDead();
    }

    private static ParseState after(Grammar grammar, byte[] text) {
        Automaton automaton = new Automaton(GrammarCompiler.compile(grammar));
        ParseState state = automaton.start(Frame.bottom(0));
        for (byte value : text) {
            automaton.rest();
            state = automaton.next(state, value & 0xFF);
        }
        return state;
    }
}
