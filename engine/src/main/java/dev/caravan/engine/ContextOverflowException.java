package dev.caravan.engine;

/** The prompt does not fit the context. */
public final class ContextOverflowException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int promptTokens;
    private final int contextTokens;

    public ContextOverflowException(int promptTokens, int contextTokens) {
        super("the prompt has %d tokens, the context holds %d; shorten the prompt or start a new conversation"
                .formatted(promptTokens, contextTokens));
        this.promptTokens = promptTokens;
        this.contextTokens = contextTokens;
    }

    public int promptTokens() {
        return promptTokens;
    }

    public int contextTokens() {
        return contextTokens;
    }
}
