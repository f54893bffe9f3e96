package dev.caravan.knowledge.chain;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The languages in which prompts and refusals are worded; a question's script decides. */
enum Language {
    KO,
    EN;

    /** Korean as soon as a text holds one Hangul syllable: Korean questions often hold English names. */
    static Language of(String text) {
        boolean isKorean = text.codePoints()
                .anyMatch(character -> Character.UnicodeScript.of(character) == Character.UnicodeScript.HANGUL);
        return isKorean ? KO : EN;
    }

    /** A text of {@code resources/prompt} in this language, without white space around it. */
    String text(String name) {
        String path = "/prompt/%s-%s.txt".formatted(name, name().toLowerCase(Locale.ROOT));
        try (InputStream stream = Language.class.getResourceAsStream(path)) {
            if (stream == null) {
                throw new IllegalStateException(path + " is missing from the program");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
