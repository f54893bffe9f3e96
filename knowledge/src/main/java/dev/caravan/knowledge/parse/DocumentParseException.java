package dev.caravan.knowledge.parse;

import java.util.Locale;

/** A document that cannot be read. The message is one sentence for the person who uploaded it. */
public final class DocumentParseException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Why a document cannot be read. */
    public enum Code {
        EMPTY_FILE,
        NO_TEXT,
        TOO_LARGE,
        ENCRYPTED,
        BROKEN,
        UNSUPPORTED_TYPE,
        ZIP_BOMB,
        TIMEOUT,
        OUT_OF_MEMORY;

        /** The code as the HTTP interface spells it, such as {@code empty_file}. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Code code;

    public DocumentParseException(Code code, String message) {
        super(message);
        this.code = code;
    }

    public DocumentParseException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public Code code() {
        return code;
    }
}
