package dev.caravan.engine;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.caravan.engine.generate.TokenConstraint;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import org.junit.jupiter.api.Test;

/** The engine's arrows, as docs and package-info files state them. */
class ArchitectureTest {
    private static final JavaClasses ENGINE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.caravan.engine");

    @Test
    void onlyKernelTouchesTheVectorApi() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.caravan.engine.kernel..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("jdk.incubator.vector..")
                .check(ENGINE);
    }

    @Test
    void onlyKernelCallsNativeCode() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.caravan.engine.kernel..")
                .should()
                .dependOnClassesThat(type(Linker.class).or(type(SymbolLookup.class)))
                .check(ENGINE);
    }

    @Test
    void theEngineKnowsNothingAboveIt() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.springframework..",
                        "dev.langchain4j..",
                        "java.sql..",
                        "dev.caravan.langchain4j..",
                        "dev.caravan.postgres..",
                        "dev.caravan.knowledge..",
                        "dev.caravan.server..")
                .check(ENGINE);
    }

    @Test
    void dataFlowsOneWay() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("tensor")
                .definedBy("dev.caravan.engine.tensor..")
                .layer("quant")
                .definedBy("dev.caravan.engine.quant..")
                .layer("kernel")
                .definedBy("dev.caravan.engine.kernel..")
                .layer("json")
                .definedBy("dev.caravan.engine.format.json..")
                .layer("format")
                .definedBy("dev.caravan.engine.format")
                .layer("gguf")
                .definedBy("dev.caravan.engine.format.gguf..")
                .layer("safetensors")
                .definedBy("dev.caravan.engine.format.safetensors..")
                .layer("e5")
                .definedBy("dev.caravan.engine.format.e5..")
                .layer("tokenizer")
                .definedBy("dev.caravan.engine.tokenizer..")
                .layer("template")
                .definedBy("dev.caravan.engine.template..")
                .optionalLayer("layer")
                .definedBy("dev.caravan.engine.layer..")
                .optionalLayer("model")
                .definedBy("dev.caravan.engine.model..")
                .layer("lora")
                .definedBy("dev.caravan.engine.lora..")
                .layer("lora")
                .definedBy("dev.caravan.engine.lora..")
                .layer("generate")
                .definedBy("dev.caravan.engine.generate..")
                .layer("grammar")
                .definedBy("dev.caravan.engine.grammar..")
                .whereLayer("tensor")
                .mayNotAccessAnyLayer()
                .whereLayer("quant")
                .mayOnlyAccessLayers("tensor")
                .whereLayer("kernel")
                .mayOnlyAccessLayers("tensor", "quant")
                .whereLayer("json")
                .mayNotAccessAnyLayer()
                .whereLayer("format")
                .mayOnlyAccessLayers("tensor", "json")
                .whereLayer("gguf")
                .mayOnlyAccessLayers("tensor", "quant", "json", "format")
                .whereLayer("safetensors")
                .mayOnlyAccessLayers("tensor", "quant", "json", "format")
                .whereLayer("tokenizer")
                .mayOnlyAccessLayers("gguf", "json")
                .whereLayer("e5") // its file holds the tokenizer's parts as well
                .mayOnlyAccessLayers("tensor", "quant", "tokenizer", "format", "json")
                .whereLayer("template")
                .mayOnlyAccessLayers("gguf", "json", "tokenizer")
                .whereLayer("layer")
                .mayOnlyAccessLayers("tensor", "quant", "kernel")
                .whereLayer("model")
                .mayOnlyAccessLayers("tensor", "quant", "kernel", "format", "json", "layer")
                .whereLayer("generate")
                .mayOnlyAccessLayers("tensor", "kernel", "layer", "model", "tokenizer")
                .whereLayer("lora")
                .mayOnlyAccessLayers(
                        "tensor", "quant", "kernel", "format", "json", "gguf", "safetensors", "layer", "model")
                .whereLayer("lora")
                .mayOnlyAccessLayers("tensor", "quant", "json", "format", "gguf", "safetensors", "layer", "model")
                .whereLayer("grammar")
                .mayOnlyAccessLayers("generate", "tokenizer")
                .check(ENGINE);
    }

    @Test
    void ofGenerateGrammarsKnowOnlyTheInterfaceOfConstraints() {
        noClasses()
                .that()
                .resideInAPackage("dev.caravan.engine.grammar..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.caravan.engine.generate..")
                        .and(DescribedPredicate.not(type(TokenConstraint.class))))
                .check(ENGINE);
    }
}
