package dev.caravan.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** The golden lines and the references' ids; see golden/tokenizer/README.md. */
public final class GoldenIds {
    static final String FOLDER = "/golden/tokenizer/";

    private GoldenIds() {}

    public static List<String> lines() {
        return rows(resource("lines.txt.gz")).stream().map(GoldenIds::unescape).toList();
    }

    /** Encodes every line with special parsing off and on, and compares with the reference's rows, but those that are "?". */
    static void assertEqual(Tokenizer tokenizer, List<String> lines, List<String> reference) {
        assertThat(reference).hasSameSizeAs(lines).hasSizeGreaterThanOrEqualTo(5000);
        List<String> differences = new ArrayList<>();
        int skipped = 0;
        for (int i = 0; i < lines.size(); i++) {
            if (reference.get(i).equals("?")) {
                skipped++;
                continue;
            }
            String[] columns = reference.get(i).split("\t", -1);
            String line = lines.get(i);
            compare(differences, i, "off", line, columns[0], tokenizer.encode(line, Tokenizer.Specials.AS_TEXT));
            compare(
                    differences,
                    i,
                    "on",
                    line,
                    columns[columns.length - 1],
                    tokenizer.encode(line, Tokenizer.Specials.PARSE));
        }
        assertThat(skipped).isLessThan(lines.size() / 100);
        assertThat(differences)
                .as("%d of %d differ", differences.size(), 2 * lines.size())
                .isEmpty();
    }

    private static void compare(
            List<String> differences, int number, String specials, String line, String expected, int[] actual) {
        String ids = String.join(
                " ", Arrays.stream(actual).mapToObj(Integer::toString).toList());
        if (!ids.equals(expected)) {
            differences.add("%nline %d, specials %s: %s%n  reference %s%n  caravan   %s"
                    .formatted(number, specials, line, expected, ids));
        }
    }

    public static InputStream resource(String name) {
        return open(name, GoldenIds.class);
    }

    private static InputStream open(String name, Class<?> anchor) {
        InputStream stream = anchor.getResourceAsStream(FOLDER + name);
        if (stream == null) {
            throw new AssertionError("missing test resource " + FOLDER + name);
        }
        return stream;
    }

    static List<String> file(Path file) throws IOException {
        return rows(Files.newInputStream(file));
    }

    public static List<String> rows(InputStream packed) {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(new GZIPInputStream(packed), StandardCharsets.UTF_8))) {
            List<String> rows = new ArrayList<>();
            StringBuilder row = new StringBuilder();
            // Not readLine: the lines hold carriage returns and other separators of their own.
            for (int character = reader.read(); character >= 0; character = reader.read()) {
                if (character == '\n') {
                    rows.add(row.toString());
                    row.setLength(0);
                } else {
                    row.append((char) character);
                }
            }
            return rows;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    static String unescape(String row) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < row.length(); i++) {
            char character = row.charAt(i);
            if (character == '\\') {
                char escaped = row.charAt(++i);
                character = escaped == 'n' ? '\n' : escaped == 'r' ? '\r' : escaped == 't' ? '\t' : escaped;
            }
            line.append(character);
        }
        return line.toString();
    }
}
