package dev.caravan.engine.train.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.train.dataset.DatasetReport.LongRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file as a whole: what is counted, which side a row is on, what its hash says, and that it may not change. */
class DatasetTest {

    @TempDir
    private Path folder;

    private ExampleEncoder encoder;

    @BeforeEach
    void load() {
        encoder = TinyTemplates.examples(
                TinyTemplates.encoder(
                        folder.resolve("model"), "hf-llama3", TinyTemplates.LLAMA_CONFIG, "template/models/midm.jinja"),
                200);
    }

    @Test
    void everythingIsCounted() throws IOException {
        Path file = write("rows.jsonl", """
                {"prompt": "q1", "completion": "a1"}
                {"prompt": "q2", "completion": ""}

                {"prompt": "q1", "completion": "a1", "id": 2}
                {"prompt": "q3", "completion": "%s"}
                {"prompt": "q4", "completion": "조금 더 긴 답이다"}
                """.formatted("길다 ".repeat(200)));
        Dataset dataset = open(file, DatasetOptions.DEFAULT);
        DatasetReport report = dataset.report();

        assertThat(report.format()).isEqualTo(DatasetFormat.COMPLETION);
        assertThat(report.rows()).isEqualTo(5);
        assertThat(report.usableRows()).isEqualTo(2);
        assertThat(report.duplicateRows()).isEqualTo(1);
        assertThat(report.invalidRows()).isEqualTo(2);
        assertThat(report.problems()).extracting(RowProblem::line).containsExactly(2L, 5L);
        assertThat(report.problems().getLast().problem()).contains("more than the 200 of an example");
        assertThat(report.longest()).extracting(LongRow::line).containsExactly(6L, 1L);

        DatasetExamples training = dataset.training();
        assertThat(training.size()).isEqualTo(2);
        assertThat(training.line(1)).isEqualTo(6);
        assertThat(TinyTemplates.learned(encoder.prompts(), training.example(1)))
                .isEqualTo("조금 더 긴 답이다<2002>");
        assertThat(report.tokens()).isEqualTo(training.tokens(0) + (long) training.tokens(1));
        assertThat(report.learnedTokens()).isEqualTo(training.learnedTokens(0) + (long) training.learnedTokens(1));
        assertThat(training.example(0).tokens()).hasSize(training.tokens(0));
    }

    @Test
    void onlyTheFirstProblemsAreShownAndAllAreCounted() throws IOException {
        Path file = write("rows.jsonl", "{\"text\": \"a b c\"}\n" + "{\"text\": 5}\n".repeat(50));
        DatasetReport report =
                open(file, DatasetOptions.DEFAULT.withShownProblems(3)).report();
        assertThat(report.problems()).hasSize(3);
        assertThat(report.invalidRows()).isEqualTo(50);
    }

    @Test
    void aRowKeepsItsSideWhateverElseIsInTheFile() throws IOException {
        DatasetOptions options = DatasetOptions.DEFAULT.withHeldOut(0.2, 42);
        Dataset few = open(write("few.jsonl", rows(0, 300)), options);
        Dataset more = open(write("more.jsonl", rows(-100, 700)), options);

        assertThat(texts(more.heldOut())).containsAll(texts(few.heldOut()));
        assertThat(texts(more.training())).containsAll(texts(few.training()));
        assertThat(few.heldOut().size() + few.training().size()).isEqualTo(300);
        assertThat(more.heldOut().size() / 800.0).isBetween(0.15, 0.25);
        assertThat(texts(open(folder.resolve("few.jsonl"), options.withHeldOut(0.2, 43))
                        .heldOut()))
                .isNotEqualTo(texts(few.heldOut()));
    }

    @Test
    void theHashIsThatOfTheRowsAndNotOfTheirSpelling() throws IOException {
        Dataset chat = open(write("a.jsonl", """
                {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
                """), DatasetOptions.DEFAULT);
        Dataset alpaca =
                open(write("b.json", "[ {\"output\": \"a\", \"instruction\": \"q\"} ]"), DatasetOptions.DEFAULT);
        Dataset other = open(write("c.jsonl", "{\"prompt\": \"q\", \"completion\": \"b\"}"), DatasetOptions.DEFAULT);
        assertThat(chat.hash()).matches("[0-9a-f]{64}").isEqualTo(alpaca.hash()).isNotEqualTo(other.hash());

        String weighted =
                "{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \"content\":"
                        + " \"a\", \"weight\": %d}, {\"role\": \"assistant\", \"content\": \"b\"}]}";
        assertThat(open(write("d.jsonl", weighted.formatted(0)), DatasetOptions.DEFAULT)
                        .hash())
                .isNotEqualTo(open(write("e.jsonl", weighted.formatted(1)), DatasetOptions.DEFAULT)
                        .hash());
    }

    @Test
    void aFileThatChangesIsNoticed() throws IOException {
        Path file = write("rows.jsonl", rows(0, 10));
        Dataset dataset = open(file, DatasetOptions.DEFAULT);
        write("rows.jsonl", rows(10, 20));
        assertThatThrownBy(() -> dataset.training().example(3))
                .isInstanceOf(DatasetException.class)
                .hasMessage("rows.jsonl: the row in line 4 has changed since the file was opened; start again");
        write("rows.jsonl", "");
        assertThatThrownBy(() -> dataset.training().example(3)).isInstanceOf(DatasetException.class);
    }

    @Test
    void filesThatCannotBeUsedAreRefused() throws IOException {
        requireRefused(folder.resolve("none.jsonl"), "there is no such file");
        requireRefused(folder, "it is a folder");
        requireRefused(write("empty.jsonl", ""), "it is empty");
        requireRefused(write("blank.jsonl", "\n \n"), "it holds no rows");
        requireRefused(write("list.json", "[]"), "it holds no rows");
        requireRefused(
                write("wrong.jsonl", "{\"text\": 1}\n{\"text\": 2}"),
                "none of its 2 rows can be used; line 1: text should be a string, it is 1");
        Files.write(folder.resolve("u16.jsonl"), new byte[] {(byte) 0xFF, (byte) 0xFE, '{', 0});
        requireRefused(folder.resolve("u16.jsonl"), "it is UTF-16; save it as UTF-8");
        Files.write(folder.resolve("packed.jsonl"), new byte[] {0x1F, (byte) 0x8B, 8, 0});
        requireRefused(folder.resolve("packed.jsonl"), "it is no text file; unpack it");
        Path rows = write("rows.jsonl", rows(0, 10));
        assertThatThrownBy(() -> open(rows, DatasetOptions.DEFAULT.withLimits(new DatasetLimits(100, 100, 100))))
                .hasMessageContaining("bytes, more than the 100 that are read; split it");
        assertThatThrownBy(() -> open(rows, DatasetOptions.DEFAULT.withLimits(new DatasetLimits(10_000, 100, 9))))
                .hasMessageContaining("it has more than the 9 rows that are read; split it");
    }

    private void requireRefused(Path file, String reason) {
        assertThatThrownBy(() -> open(file, DatasetOptions.DEFAULT))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining(String.valueOf(file.getFileName()))
                .hasMessageContaining(reason);
    }

    @Test
    void batchesOfAFileHoldItsExamples() throws IOException {
        Dataset dataset = open(write("rows.jsonl", rows(0, 200)), DatasetOptions.DEFAULT);
        Packing packing = Packing.plan(dataset.training(), new PackingOptions(512, 1), 0);
        List<Integer> seen = new ArrayList<>();
        for (int i = 0; i < packing.size(); i++) {
            PackedBatch batch = packing.batch(i, dataset.training());
            assertThat(batch.sequences()).isEqualTo(packing.indices(i).length);
            Arrays.stream(packing.indices(i)).forEach(seen::add);
        }
        assertThat(seen)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 200).boxed().toList());
        assertThat(packing.statistics().learnedTokens())
                .isEqualTo(dataset.report().learnedTokens());
    }

    private static String rows(int from, int to) {
        StringBuilder rows = new StringBuilder();
        for (int i = from; i < to; i++) {
            rows.append("{\"prompt\": \"질문 %d\", \"completion\": \"답 %d\"}\n".formatted(i, i * 7));
        }
        return rows.toString();
    }

    private static List<String> texts(DatasetExamples examples) {
        TreeMap<String, Integer> texts = new TreeMap<>();
        for (int i = 0; i < examples.size(); i++) {
            texts.merge(Arrays.toString(examples.example(i).tokens()), 1, Integer::sum);
        }
        return List.copyOf(texts.keySet());
    }

    private Dataset open(Path file, DatasetOptions options) {
        return Dataset.open(file, options, encoder);
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }
}
