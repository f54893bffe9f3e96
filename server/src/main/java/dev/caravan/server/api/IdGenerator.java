package dev.caravan.server.api;

import java.util.random.RandomGenerator;

/** Ids in OpenAI's manner: a prefix that names the kind, then 24 random letters and digits. Thread-safe. */
public final class IdGenerator {

    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int RANDOM_LENGTH = 24;

    private final RandomGenerator random;

    /**
     * Ids from a source.
     *
     * @param random a thread-safe source that nobody can predict, or a seeded one in tests
     */
    public IdGenerator(RandomGenerator random) {
        this.random = random;
    }

    /** The kinds of ids. */
    public enum Kind {
        FILE("file-"),
        VECTOR_STORE("vs_"),
        CHAT_COMPLETION("chatcmpl-"),
        CONVERSATION("conv_"),
        MESSAGE("msg_"),
        MESSAGE_VERSION("msgv_");

        private final String prefix;

        Kind(String prefix) {
            this.prefix = prefix;
        }
    }

    /** A new id. */
    public String next(Kind kind) {
        StringBuilder id = new StringBuilder(kind.prefix);
        for (int i = 0; i < RANDOM_LENGTH; i++) {
            id.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return id.toString();
    }
}
