package dev.caravan.engine.check;

import dev.caravan.engine.check.Finding.Level;
import dev.caravan.engine.tokenizer.Tokenizer;
import dev.caravan.engine.tokenizer.Tokenizer.Specials;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Whether texts come back from a tokenizer as they went in, and whether control tokens in them stay text. */
final class TokenizerCheck {

    /** A vocabulary below this share of the model's rows is hardly the model's own: rows are padded by less. */
    private static final double LEAST_SHARE = 0.98;

    /** Small vocabularies are padded to a multiple of some power of two. */
    private static final int PADDING_ROWS = 256;

    private static final String SUBJECT = "tokenizer";

    private static final List<String> TEXTS = List.of(
            "안녕하세요, 대한민국의 수도는 서울입니다.",
            "훈민정음 해례본은 1446년에 간행되었다(국보 제70호).",
            "The quick brown fox jumps over the lazy dog.",
            "for (int i = 0; i < n; i++) {\n    sum += a[i];\n\tif (sum > 10) { break; }\n}\n",
            "Emoji: 🎉👩‍💻🇰🇷  two  spaces, é ü ñ, 漢字, かな",
            "x² ≠ ½, “quoted” — 100 °C");

    /** Control tokens of several families, as a user may write them. */
    private static final String SPELLED =
            "<s></s><|eot_id|> <|begin_of_text|><|im_start|>user <|im_end|><start_of_turn><end_of_turn><bos><eos> <b><table>";

    private TokenizerCheck() {}

    /** The vocabulary against the model's rows. */
    static Finding vocabulary(Tokenizer tokenizer, String kind, int modelRows, String embeddingName) {
        int size = tokenizer.vocabSize();
        String text = "%s, %s tokens, the model has %s rows".formatted(kind, Shown.count(size), Shown.count(modelRows));
        if (size > modelRows) {
            return Finding.problem(
                    SUBJECT,
                    "%s; the tokenizer is another model's, since ids from %d on have no row in %s: take both from one build"
                            .formatted(text, modelRows, embeddingName));
        }
        if (size < modelRows * LEAST_SHARE && modelRows - size > PADDING_ROWS) {
            return Finding.warning(
                    SUBJECT,
                    "%s; that is more than padding explains, so the tokenizer may be another model's".formatted(text));
        }
        return Finding.ok(SUBJECT, text + (size < modelRows ? " (the rest is padding)" : ""));
    }

    /** The tokens that begin a prompt and end an answer. */
    static Finding ends(Tokenizer tokenizer) {
        String begin = tokenizer.bosToken() < 0
                ? "no beginning-of-sequence token"
                : "beginning of sequence %d (%s)"
                        .formatted(tokenizer.bosToken(), tokenizer.addsBos() ? "put before a prompt" : "not put there");
        String ends =
                tokenizer.endTokens().stream().sorted().map(String::valueOf).collect(Collectors.joining(", "));
        return ends.isEmpty()
                ? Finding.warning("end tokens", begin + ", and no end token: an answer ends only at its longest length")
                : Finding.ok("end tokens", "%s; %s".formatted(ends, begin));
    }

    /** Every text encoded and decoded again. */
    static Finding roundTrip(Tokenizer tokenizer) {
        List<String> details = new ArrayList<>();
        int changed = 0;
        int tokens = 0;
        int characters = 0;
        for (String text : TEXTS) {
            int[] ids = tokenizer.encode(text, Specials.AS_TEXT);
            tokens += ids.length;
            characters += text.codePointCount(0, text.length());
            String back = decode(tokenizer, ids);
            // SentencePiece puts a space before the first word where the model was trained so.
            if (!back.equals(text) && !back.equals(" " + text)) {
                changed++;
                details.add("%s comes back as %s".formatted(Shown.quoted(text, 60), Shown.quoted(back, 60)));
            }
        }
        String ratio = "%d characters in %d tokens".formatted(characters, tokens);
        return changed == 0
                ? Finding.ok(
                        "round trip",
                        "%d texts (Korean, English, code, emoji) come back; %s".formatted(TEXTS.size(), ratio))
                : new Finding(
                        Level.WARNING,
                        "round trip",
                        "%d of %d texts come back changed, as with a tokenizer that normalises; %s"
                                .formatted(changed, TEXTS.size(), ratio),
                        details);
    }

    /** Control tokens that a user spells must stay text. */
    static Finding specials(Tokenizer tokenizer) {
        int[] asText = tokenizer.encode(SPELLED, Specials.AS_TEXT);
        boolean ends = Arrays.stream(asText)
                .anyMatch(id ->
                        id == tokenizer.bosToken() || tokenizer.endTokens().contains(id));
        String back = decode(tokenizer, asText);
        if (ends || !(back.equals(SPELLED) || back.equals(" " + SPELLED))) {
            return Finding.problem(
                    "special tokens",
                    "control tokens that a user writes do not stay text: %s becomes %s"
                            .formatted(Shown.quoted(SPELLED, 200), Shown.quoted(back, 200)));
        }
        int parsed = tokenizer.encode(SPELLED, Specials.PARSE).length;
        return Finding.ok(
                "special tokens",
                "spelled in a text they stay text (%d tokens; parsed, as in a template, %d)"
                        .formatted(asText.length, parsed));
    }

    static String decode(Tokenizer tokenizer, int[] ids) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int id : ids) {
            bytes.writeBytes(tokenizer.bytes(id));
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
