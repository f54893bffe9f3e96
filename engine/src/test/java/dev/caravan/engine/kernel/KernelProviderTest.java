package dev.caravan.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class KernelProviderTest {

    /** What the child JVM of the test below runs. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) {
            try (Kernels kernels = KernelProvider.create(2)) {
                float product = kernels.dot(new float[] {1, 2}, 0, new float[] {3, 4}, 0, 2);
                System.out.println(kernels.getClass().getSimpleName() + " " + product);
            }
        }
    }

    @Test
    void choosesVectorsWhereTheModuleIsThere() {
        try (Kernels kernels = KernelProvider.create(1)) {
            assertThat(kernels).isInstanceOf(VectorKernels.class);
        }
    }

    @Test
    @Timeout(60)
    void fallsBackToPlainLoopsAndSaysHowToBeFaster() throws IOException, InterruptedException {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(output).contains("ScalarKernels 11.0").contains("--add-modules=jdk.incubator.vector");
        assertThat(child.exitValue()).isZero();
    }

    @Test
    void aLibraryThatIsSetButMissingIsRefused() {
        try {
            System.setProperty(KernelProvider.ONE_DNN, "/none/libdnnl.so.3");
            assertThatThrownBy(() -> KernelProvider.create(1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("/none/libdnnl.so.3");
            System.setProperty(KernelProvider.ONE_DNN_PRECISION, "f16");
            assertThatThrownBy(() -> KernelProvider.create(1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("f32 or bf16, not 'f16'");
        } finally {
            System.clearProperty(KernelProvider.ONE_DNN);
            System.clearProperty(KernelProvider.ONE_DNN_PRECISION);
        }
    }

    @Test
    void refusesNoThreads() {
        assertThatThrownBy(() -> KernelProvider.create(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
