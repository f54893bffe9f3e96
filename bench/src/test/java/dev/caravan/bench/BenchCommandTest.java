package dev.caravan.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {

    @TempDir
    private Path folder;

    @Test
    void optionsAreRead() throws IOException {
        Path model = Files.createFile(folder.resolve("m.gguf"));
        Path peer = Files.createFile(folder.resolve("llama-bench"));
        assertThat(peer.toFile().setExecutable(true)).isTrue();
        Bench bench = BenchCommand.parse(
                List.of("prefill", "--model", model.toString(), "--peer", peer.toString(), "--rounds", "5"));
        assertThat(bench).isEqualTo(new EndToEndBench(EndToEndBench.Work.PREFILL, model, peer, 2, 5));
    }

    @Test
    void requestsThatRunTogetherNeedNoPeer() throws IOException {
        Path model = Files.createFile(folder.resolve("m.gguf"));
        assertThat(BenchCommand.parse(List.of("batch", "--model", model.toString(), "--threads", "4")))
                .isEqualTo(new BatchBench(model, 4, 3));
    }

    @Test
    void trainingTakesAFolderForEachSide() throws IOException {
        Path model = Files.createDirectory(folder.resolve("nf4"));
        Path peerModel = Files.createDirectory(folder.resolve("bf16"));
        Path script = Files.createFile(folder.resolve("qlora-peer.py"));
        List<String> arguments = List.of(
                "train",
                "--model",
                model.toString(),
                "--peer-model",
                peerModel.toString(),
                "--peer",
                script.toString());
        assertThatThrownBy(() -> BenchCommand.parse(arguments)).hasMessageContaining("no folder with a config.json");
        Files.createFile(model.resolve("config.json"));
        Files.createFile(peerModel.resolve("config.json"));
        TrainBench.Peer peer = new TrainBench.Peer(Path.of("python3"), script);
        assertThat(BenchCommand.parse(arguments))
                .isEqualTo(new TrainBench(TrainBench.Lengths.EVEN, model, 1280, peerModel, peer, 2, 3));
        List<String> uneven = Stream.concat(arguments.stream(), Stream.of("--lengths", "uneven"))
                .toList();
        assertThatThrownBy(() -> BenchCommand.parse(uneven)).hasMessageContaining("--peer is for even lengths");
        assertThatThrownBy(() -> BenchCommand.parse(List.of("train"))).hasMessageContaining("--model");
    }

    @Test
    void wrongUsageIsNamed() {
        assertThatThrownBy(() -> BenchCommand.parse(List.of())).hasMessageContaining("decode, prefill, batch or train");
        assertThatThrownBy(() -> BenchCommand.parse(List.of("dance"))).hasMessageContaining("'dance'");
        assertThatThrownBy(() -> BenchCommand.parse(List.of("decode", "--speed")))
                .hasMessageContaining("'--speed'");
        assertThatThrownBy(() -> BenchCommand.parse(List.of("decode", "--model")))
                .hasMessageContaining("takes a value");
        assertThatThrownBy(() -> BenchCommand.parse(List.of("decode", "--model", "/none.gguf")))
                .hasMessageContaining("models pull");
    }

    @Test
    void thePeersSpeedIsFoundAmongValuesWithCommas() throws IOException {
        String csv = """
                build_commit,cpu_info,avg_ts,stddev_ts
                "0c1e570","Zen 4, 2 cores","72.625","0.5"
                """;
        assertThat(PeerSide.speed(csv)).isEqualTo(72.625);
        assertThatThrownBy(() -> PeerSide.speed("error: no model")).isInstanceOf(IOException.class);
    }
}
