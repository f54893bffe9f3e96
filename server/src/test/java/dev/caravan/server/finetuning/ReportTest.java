package dev.caravan.server.finetuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.train.dataset.RowProblem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
    @TempDir
    Path folder;

    @Test
    void thePageHasFactsAnswersAndTheCurve() throws Exception {
        Report report = new Report(
                "shop",
                Map.of("base", "gemma | 270M"),
                List.of(new BeforeAndAfter("몇 시에 여나요?", "한 줄\n<script>alert(1)</script>", "네, 고객님.", "열 시")),
                List.of(new RowProblem(7, "it has `no` answer")),
                List.of("./caravan train sample M --adapter D"));
        report.write(
                folder,
                List.of(new LossChart.Point(1, 3), new LossChart.Point(2, 2)),
                List.of(new LossChart.Point(0, 3)));
        String page = Files.readString(folder.resolve("report.md"));
        assertThat(page)
                .contains("# shop", "| base | gemma \\| 270M |", "![Loss of each step and held-out loss](loss.svg)")
                .contains("### 몇 시에 여나요?", "> 한 줄  \n> &lt;script>", "> 네, 고객님.", "> 열 시")
                .contains("- line 7: it has \\`no\\` answer", "./caravan train sample M --adapter D")
                .doesNotContain("<script>");
        assertThat(folder.resolve("loss.svg")).content().startsWith("<svg ");
    }
}
