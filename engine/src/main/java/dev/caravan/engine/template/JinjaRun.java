package dev.caravan.engine.template;

import java.time.Clock;

/**
 * One rendering: its limits and its clock. A template is a program from a model's file, so its steps, its depth and the
 * characters that it makes are bounded.
 */
final class JinjaRun {
    private static final int MAX_STEPS = 4_000_000;
    private static final int MAX_DEPTH = 100;

    /** All characters of all strings that are made on the way; a prompt of 100,000 tokens has some 400,000. */
    private static final long MAX_CHARACTERS = 32L << 20;

    private final Clock clock;
    private int steps;
    private int depth;
    private long characters;

    JinjaRun(Clock clock) {
        this.clock = clock;
    }

    Clock clock() {
        return clock;
    }

    void step() {
        steps(1);
    }

    void steps(long count) {
        if (count > MAX_STEPS - steps) {
            throw new JinjaException("the template takes more than %d steps and was stopped".formatted(MAX_STEPS));
        }
        steps += (int) count;
    }

    /** Books a string before it is made. */
    void characters(long count) {
        if (count > MAX_CHARACTERS - characters) {
            throw new JinjaException(
                    "the template makes more than %d characters and was stopped".formatted(MAX_CHARACTERS));
        }
        characters += count;
    }

    void enter() {
        if (++depth > MAX_DEPTH) {
            throw new JinjaException("calls in the template are nested deeper than %d".formatted(MAX_DEPTH));
        }
    }

    void leave() {
        depth--;
    }
}
