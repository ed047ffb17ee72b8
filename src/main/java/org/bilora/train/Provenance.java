package org.bilora.train;

import io.soabase.recordbuilder.core.RecordBuilder;
import org.bilora.step.DeviceInfo;

/**
 * Where a run came from, so that it can be repeated.
 *
 * @param seed of everything random
 * @param dataSource file names or Maven coordinates
 * @param dataSha256 of the data files' bytes
 * @param commit of this project's code, ending in {@code -dirty} when files differed from it;
 *     {@code unknown} when it was built outside a checkout
 * @param java version and vendor
 * @param tensorflow version
 * @param os name, version and architecture
 * @param cpu processor model, {@code unknown} where the system does not tell
 * @param processors processors the JVM may use
 * @param device what the step ran on
 * @param date when the run started, UTC, ISO 8601
 */
@RecordBuilder
public record Provenance(
    long seed,
    String dataSource,
    String dataSha256,
    String commit,
    String java,
    String tensorflow,
    String os,
    String cpu,
    int processors,
    DeviceInfo device,
    String date) {}
