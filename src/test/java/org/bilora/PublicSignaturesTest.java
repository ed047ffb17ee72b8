package org.bilora;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What other projects compile against names collections of the JDK. */
public class PublicSignaturesTest {
  private static final String GUAVA_COLLECTIONS = "com.google.common.collect";

  @Test
  void noPublicSignatureNamesGuavasCollections() {
    JavaClasses all =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.bilora");
    assertEquals(List.of(), namingGuava(all.stream()));
  }

  @Test
  void collectionsOfGuavaAreFoundInEveryPlaceOfASignature() {
    JavaClasses examples = new ClassFileImporter().importClasses(Offender.class, Hidden.class);
    List<String> found = namingGuava(examples.stream());
    assertEquals(4, found.size(), found::toString);
    for (String member : List.of("FIELD", "<init>", "returned", "nested")) {
      assertTrue(found.stream().anyMatch(name -> name.contains(member)), member);
    }
  }

  private static List<String> namingGuava(Stream<JavaClass> types) {
    return types
        .filter(PublicSignaturesTest::isPublic)
        .flatMap(type -> type.getMembers().stream())
        .filter(PublicSignaturesTest::isOpen)
        .filter(
            member ->
                signature(member)
                    .flatMap(type -> type.getAllInvolvedRawTypes().stream())
                    .anyMatch(type -> type.getPackageName().startsWith(GUAVA_COLLECTIONS)))
        .map(JavaMember::getFullName)
        .sorted()
        .toList();
  }

  private static boolean isPublic(JavaClass type) {
    return isOpen(type.getModifiers())
        && type.getEnclosingClass().map(PublicSignaturesTest::isPublic).orElse(true);
  }

  private static boolean isOpen(JavaMember member) {
    return isOpen(member.getModifiers()) && !member.getModifiers().contains(JavaModifier.SYNTHETIC);
  }

  private static boolean isOpen(Set<JavaModifier> modifiers) {
    return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
  }

  private static Stream<JavaType> signature(JavaMember member) {
    if (member instanceof JavaField field) {
      return Stream.of(field.getType());
    }
    JavaCodeUnit code = (JavaCodeUnit) member;
    return Stream.concat(Stream.of(code.getReturnType()), code.getParameterTypes().stream());
  }

  /** Four signatures that must be found. */
  public static class Offender {
    protected static final ImmutableList<String> FIELD = ImmutableList.of();

    public Offender(ImmutableList<String> parameter) {}

    public ImmutableList<String> returned() {
      return FIELD;
    }

    public Map<String, ImmutableList<String>> nested() {
      return Map.of();
    }

    ImmutableList<String> inside() {
      return FIELD;
    }
  }

  static class Hidden {
    public ImmutableList<String> inside() {
      return ImmutableList.of();
    }
  }
}
