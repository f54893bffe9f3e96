package dev.caravan.knowledge;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The module's arrows: LangChain4j and JDBC outward, parse and text to chain inward. */
class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.caravan.knowledge");

    @Test
    void knowsNeitherEngineNorServerNorSpring() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.caravan.engine..",
                        "dev.caravan.langchain4j..",
                        "dev.caravan.server..",
                        "dev.caravan.postgres..",
                        "org.springframework..")
                .check(CLASSES);
    }

    @Test
    void parserLibrariesAreKnownInParseOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.caravan.knowledge.parse")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.tika..", "org.apache.poi..", "org.jsoup..", "kr.dogfoot..")
                .check(CLASSES);
    }

    @Test
    void parseAndTextKnowNoOtherPackage() {
        classes()
                .that()
                .resideInAnyPackage("dev.caravan.knowledge.parse", "dev.caravan.knowledge.text")
                .should()
                .onlyAccessClassesThat()
                .resideOutsideOfPackages(
                        "dev.caravan.knowledge.split",
                        "dev.caravan.knowledge.store",
                        "dev.caravan.knowledge.ingest",
                        "dev.caravan.knowledge.retrieve",
                        "dev.caravan.knowledge.chain")
                .check(CLASSES);
    }

    @Test
    void packagesFormNoCycle() {
        slices().matching("dev.caravan.knowledge.(*)").should().beFreeOfCycles().check(CLASSES);
    }
}
