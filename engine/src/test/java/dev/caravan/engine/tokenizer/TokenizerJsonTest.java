package dev.caravan.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.tokenizer.Tokenizer.Specials;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tiny tokenizer.json files of each family against the tokenizers library; see golden/tokenizer/hf_tiny.py. */
class TokenizerJsonTest {
    private static final int PAIRS = 40;

    /**
     * What is decoded otherwise on purpose: markup is shown, and added tokens of normalised text ([CLS] and ABC of one
     * vocabulary) are spelled as in the file, where the library shows them normalised and special ones even if skipped.
     */
    private static final List<String> DECODED_OTHERWISE =
            List.of("<b>", "</b>", "<table>", "</tfoot>", "#@", "ABC", "[CLS]");

    @TempDir
    private static Path folder;

    static Tokenizer tokenizer(Path folder, String name) throws IOException {
        Path own = Files.createDirectories(folder.resolve(name));
        try (InputStream packed = new GZIPInputStream(GoldenIds.resource("hf-" + name + ".json.gz"))) {
            Files.write(own.resolve("tokenizer.json"), packed.readAllBytes());
        }
        return TokenizerJson.load(own);
    }

    static List<String> lines() {
        List<String> lines = new ArrayList<>(GoldenIds.lines());
        lines.addAll(extraLines());
        return lines;
    }

    private static List<String> extraLines() {
        return GoldenIds.rows(GoldenIds.resource("hf-extra.txt.gz")).stream()
                .map(GoldenIds::unescape)
                .toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama3",
                "qwen2",
                "qwen2-strings",
                "starcoder",
                "odd",
                "gemma",
                "llama2",
                "llama2-first",
                "xlm-roberta",
                "unigram-bytes",
                "bert",
                "bert-cased"
            })
    void idsEqualTheReferenceOnAllLines(String name) throws IOException {
        GoldenIds.assertEqual(
                tokenizer(folder, name), lines(), GoldenIds.rows(GoldenIds.resource("hf-%s.hf.gz".formatted(name))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama3",
                "qwen2",
                "starcoder",
                "odd",
                "gemma",
                "llama2",
                "llama2-first",
                "xlm-roberta",
                "unigram-bytes",
                "bert",
                "bert-cased"
            })
    void framesEqualTheReference(String name) throws IOException {
        Tokenizer tokenizer = tokenizer(folder, name);
        List<String> lines = GoldenIds.lines();
        List<String> actual = new ArrayList<>();
        for (String line : lines.subList(0, PAIRS)) {
            actual.add(shown(tokenizer.postProcessor().frame(tokenizer.encode(line, Specials.PARSE))));
        }
        for (int i = 0; i < PAIRS; i++) {
            actual.add(shown(tokenizer
                    .postProcessor()
                    .frame(
                            tokenizer.encode(lines.get(i), Specials.PARSE),
                            tokenizer.encode(lines.get(PAIRS + i), Specials.PARSE))));
        }
        assertThat(actual).isEqualTo(GoldenIds.rows(GoldenIds.resource("hf-%s.pairs.gz".formatted(name))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama3",
                "qwen2",
                "starcoder",
                "odd",
                "gemma",
                "llama2",
                "llama2-first",
                "xlm-roberta",
                "unigram-bytes",
                "bert",
                "bert-cased"
            })
    void decodedTextsEqualTheReference(String name) throws IOException {
        Tokenizer tokenizer = tokenizer(folder, name);
        List<String> lines = new ArrayList<>(GoldenIds.lines().subList(0, 300));
        lines.addAll(extraLines());
        List<String> rows = GoldenIds.rows(GoldenIds.resource("hf-%s.text.gz".formatted(name)));
        assertThat(rows).hasSameSizeAs(lines);
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String[] skippedAndKept = rows.get(i).split("\t", -1);
            String line = lines.get(i);
            if (DECODED_OTHERWISE.stream().anyMatch(line::contains)) {
                continue;
            }
            String text = TokenizerJsonSpecialsTest.decode(tokenizer, tokenizer.encode(line, Specials.PARSE));
            if (!text.equals(GoldenIds.unescape(skippedAndKept[0]))) {
                differences.add(
                        "%nline %d: %s%n  reference %s%n  caravan   %s".formatted(i, line, skippedAndKept[0], text));
            }
        }
        assertThat(differences).isEmpty();
    }

    private static String shown(PostProcessor.Framed framed) {
        return shown(framed.ids()) + "\t" + shown(framed.typeIds());
    }

    private static String shown(int[] numbers) {
        return Arrays.stream(numbers).mapToObj(Integer::toString).collect(Collectors.joining(" "));
    }
}
