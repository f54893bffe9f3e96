package dev.caravan.engine.train.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.train.dataset.DatasetRow.Conversation;
import dev.caravan.engine.train.dataset.DatasetRow.Document;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every format as people write it, and for every mistake the line and a sentence. */
class DatasetRowsTest {

    @TempDir
    private Path folder;

    private final List<String> rows = new ArrayList<>();
    private final List<RowProblem> problems = new ArrayList<>();

    @Test
    void chatRowsHaveRolesWeightsToolsAndParts() throws IOException {
        read("chat.jsonl", """
                {"messages": [{"role": "developer", "content": "짧게"}, {"role": "user", "content": [{"type": "text", "text": "가"}, {"type": "text", "text": "나"}]}, {"role": "assistant", "content": "a", "weight": 0}, {"role": "user", "content": "q"}, {"role": "assistant", "content": "b", "reasoning_content": "t"}], "id": 7}
                {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\\"x\\": 1}"}}]}, {"role": "tool", "tool_call_id": "c", "content": "r"}, {"role": "assistant", "content": "done"}], "tools": [{"type": "function", "function": {"name": "f"}}]}
                """);
        assertThat(problems).isEmpty();
        assertThat(rows)
                .containsExactly(
                        "1 system:짧게 user:가나 assistant:a user:q *assistant:b(t)",
                        "2 user:q *assistant:[f{x=1}] tool:r *assistant:done tools=1");
    }

    @Test
    void alpacaRowsJoinInstructionAndInputAndLearnTheHistory() throws IOException {
        read("alpaca.json", """
                [{"instruction": "번역하라", "input": "hello", "output": "안녕"},
                 {"instruction": "요약", "input": "", "output": "o", "system": "s", "history": [["q1", "a1"], ["q2", "a2"]]}]
                """);
        assertThat(problems).isEmpty();
        assertThat(rows)
                .containsExactly(
                        "1 user:번역하라\nhello *assistant:안녕",
                        "2 system:s user:q1 *assistant:a1 user:q2 *assistant:a2 user:요약 *assistant:o");
    }

    @Test
    void shareGptRowsTakeTurns() throws IOException {
        read("share.jsonl", """
                {"conversations": [{"from": "human", "value": "q"}, {"from": "function_call", "value": "{\\"name\\": \\"f\\", \\"arguments\\": {\\"x\\": 1}}"}, {"from": "observation", "value": "r"}, {"from": "gpt", "value": "a"}], "system": "s", "tools": "[{\\"name\\": \\"f\\"}]"}
                {"conversations": [{"from": "system", "value": "S"}, {"from": "user", "value": "q"}, {"from": "assistant", "value": "a"}]}
                """);
        assertThat(problems).isEmpty();
        assertThat(rows)
                .containsExactly(
                        "1 system:s user:q *assistant:[f{x=1}] tool:r *assistant:a tools=1",
                        "2 system:S user:q *assistant:a");
    }

    @Test
    void ofPromptAndCompletionOnlyTheCompletionIsLearned() throws IOException {
        read("completion.jsonl", """
                {"prompt": "q", "completion": "a"}
                {"prompt": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "old"}, {"role": "user", "content": "r"}], "completion": [{"role": "assistant", "content": "new"}]}
                """);
        assertThat(problems).isEmpty();
        assertThat(rows).containsExactly("1 user:q *assistant:a", "2 user:q assistant:old user:r *assistant:new");
    }

    @Test
    void textRowsAreObjectsOrParagraphs() throws IOException {
        read("text.jsonl", "{\"text\": \"한 줄\"}\n\n{\"text\": \"둘\"}");
        assertThat(rows).containsExactly("1 한 줄", "3 둘");
        read("plain.txt", "\n첫 문단\n이어지는 줄\n  \n\n둘째 [문단]\r\n\r\n셋째");
        assertThat(rows).containsExactly("2 첫 문단\n이어지는 줄", "6 둘째 [문단]", "8 셋째");
        assertThat(problems).isEmpty();
    }

    @Test
    void aByteOrderMarkAndLineEndsOfWindowsAreNoTrouble() throws IOException {
        byte[] text = "\uFEFF{\"text\": \"가\"}\r\n{\"text\": \"나\"}\r\n".getBytes(StandardCharsets.UTF_8);
        read("bom.jsonl", text, null, DatasetLimits.DEFAULT);
        assertThat(rows).containsExactly("1 가", "2 나");
        read("bom.json", "\uFEFF \n[{\"text\": \"가\"}]".getBytes(StandardCharsets.UTF_8), null, DatasetLimits.DEFAULT);
        assertThat(rows).containsExactly("2 가");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
            {"messages": [{"role": "user", "content": "q"}]}                                                 | no assistant's message to learn from
            {"messages": []}                                                                                 | no assistant's message to learn from
            {"messages": "q"}                                                                                | messages should be a list, it is the string 'q'
            {"messages": ["q"]}                                                                              | messages should be a list of objects
            {"messages": [{"content": "q"}]}                                                                 | messages[0].role is missing
            {"messages": [{"role": "bot", "content": "q"}]}                                                  | messages[0].role is 'bot'; roles are
            {"messages": [{"role": "user", "content": 5}]}                                                   | messages[0].content should be a string, it is 5
            {"messages": [{"role": "user", "content": " "}]}                                                 | messages[0].content is empty
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": ""}]}           | the assistant's answer messages[1].content is empty
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant"}]}                          | the assistant's answer messages[1].content is empty
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "weight": 2}]} | messages[1].weight should be 0 or 1, it is 2
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "weight": 0}]} | all of the assistant's messages have the weight 0
            {"messages": [{"role": "user", "content": "q", "weight": 1}]}                                    | messages[0].weight is 1, but only the assistant's
            {"messages": [{"role": "assistant", "content": "a"}]}                                            | begins with the assistant's answer
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}                             | messages[0].content[0].type is 'image_url'; only parts of type text
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "function_call": {}}]}     | messages[1].function_call is the old form
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": 5}}]}]} | arguments should be an object, or its JSON text
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "tools": [{}]} | tools[0].name is missing
            {"instruction": "i", "output": ""}                                                               | the answer in output is empty
            {"instruction": " ", "output": "o"}                                                              | the question before output is empty
            {"instruction": "i", "output": ["a"]}                                                            | output should be a string, it is a list
            {"instruction": "i", "output": "o", "history": [["q"]]}                                          | history should be a list of [question, answer]
            {"conversations": [{"from": "gpt", "value": "a"}]}                                               | conversations[0].from is 'gpt' where human or observation should stand
            {"conversations": [{"from": "human", "value": "q"}]}                                             | conversations[0] ends with a question
            {"conversations": [{"from": "robot", "value": "q"}]}                                             | conversations[0].from is 'robot'
            {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": ""}]}               | conversations[1].value is empty
            {"conversations": [{"from": "human", "value": "q"}, {"from": "function_call", "value": "f()"}]}  | conversations[1].value should hold JSON text, it holds 'f()'
            {"prompt": "p", "completion": ""}                                                                | completion is empty
            {"prompt": 1, "completion": "c"}                                                                 | prompt should be a string, it is 1
            {"text": " "}                                                                                    | text is empty
            {"question": "q"}                                                                                | it has neither messages
            {"text": "a", "text": "b"}                                                                       | it is not sound JSON
            {"text": "a"                                                                                     | it is not sound JSON
            {"text": "a"} {"text": "b"}                                                                      | it is not one JSON object
            text                                                                                             | it is not a JSON object but 'text'
            """)
    void everyMistakeHasItsSentence(String row, String sentence) throws IOException {
        read("wrong.jsonl", row + "\n");
        assertThat(rows).isEmpty();
        assertThat(problems).hasSize(1);
        assertThat(problems.getFirst().line()).isEqualTo(1);
        assertThat(problems.getFirst().problem()).contains(sentence);
    }

    @Test
    void aWrongRowCostsNoOtherOne() throws IOException {
        read("mixed.jsonl", """
                {"text": "a"}
                {"text": "b
                {"messages": []}
                {"text": "c"}
                """);
        assertThat(rows).containsExactly("1 a", "4 c");
        assertThat(problems).extracting(RowProblem::line).containsExactly(2L, 3L);
        assertThat(problems.getLast().problem()).contains("in the format chat, the file in the format text");

        read("mixed.json", "[{\"text\": \"a]\\\"\"},\n5,\n{\"text\": }, [{}],\n{\"text\": \"c\"}]\n");
        assertThat(rows).containsExactly("1 a]\"", "4 c");
        assertThat(problems).extracting(RowProblem::line).containsExactly(2L, 3L, 3L);
    }

    @Test
    void anArrayThatIsCutOffOrFollowedBySomethingIsReported() throws IOException {
        read("cut.json", "[{\"text\": \"a\"},\n");
        assertThat(rows).containsExactly("1 a");
        assertThat(problems.getFirst().problem()).contains("the array has no closing bracket");
        read("more.json", "[{\"text\": \"a\"}]\n[{\"text\": \"b\"}]");
        assertThat(rows).containsExactly("1 a");
        assertThat(problems.getFirst().problem()).contains("something follows the closing bracket");
    }

    @Test
    void otherEncodingsAreNamed() throws IOException {
        read("cp949.jsonl", "{\"text\": \"한글\"}".getBytes(Charset.forName("MS949")), null, DatasetLimits.DEFAULT);
        assertThat(problems.getFirst().problem()).contains("not UTF-8 (CP949 perhaps)");
    }

    @Test
    void aLongRowIsPassedOver() throws IOException {
        byte[] text = "{\"text\": \"a\"}\n{\"text\": \"%s\"}\n{\"text\": \"c\"}"
                .formatted("b".repeat(300_000))
                .getBytes(StandardCharsets.UTF_8);
        read("long.jsonl", text, null, new DatasetLimits(1 << 20, 1000, 10));
        assertThat(rows).containsExactly("1 a", "3 c");
        assertThat(problems)
                .containsExactly(new RowProblem(2, "it has 300012 bytes, more than the 1000 of a row; split it"));
    }

    @Test
    void anExplicitFormatIsHeld() throws IOException {
        byte[] both = "{\"text\": \"t\", \"messages\": [{\"role\": \"user\"}]}".getBytes(StandardCharsets.UTF_8);
        read("both.jsonl", both, DatasetFormat.TEXT, DatasetLimits.DEFAULT);
        assertThat(rows).containsExactly("1 t");
        read("notes.log", "{a\n\nb".getBytes(StandardCharsets.UTF_8), DatasetFormat.TEXT, DatasetLimits.DEFAULT);
        assertThat(rows).containsExactly("1 {a", "3 b");
    }

    private void read(String name, String text) throws IOException {
        read(name, text.getBytes(StandardCharsets.UTF_8), null, DatasetLimits.DEFAULT);
    }

    private void read(String name, byte[] bytes, @Nullable DatasetFormat format, DatasetLimits limits)
            throws IOException {
        rows.clear();
        problems.clear();
        Path file = folder.resolve(name);
        Files.write(file, bytes);
        new DatasetFile(file, format, limits).read(new DatasetFile.Handler() {
            @Override
            public void row(RawRow raw, DatasetRow row) {
                rows.add(raw.line() + " " + shown(row));
            }

            @Override
            public void problem(RowProblem problem) {
                problems.add(problem);
            }
        });
    }

    private static String shown(DatasetRow row) {
        return switch (row) {
            case Document document -> document.text();
            case Conversation conversation ->
                conversation.turns().stream()
                                .map(turn -> (turn.learned() ? "*" : "") + shown(turn.message()))
                                .collect(Collectors.joining(" "))
                        + (conversation.tools() == null
                                ? ""
                                : " tools=" + conversation.tools().size());
        };
    }

    private static String shown(ChatMessage message) {
        String calls = message.toolCalls().stream()
                .map(call -> "[" + call.name() + call.arguments() + "]")
                .collect(Collectors.joining());
        String thought = message.reasoningContent() == null ? "" : "(" + message.reasoningContent() + ")";
        return message.role() + ":" + message.text() + calls + thought;
    }
}
