package org.bilora.model;

/**
 * Where a linear layer stands in a checkpoint: most are layers of their own, some are rows of one
 * that holds several one above the other (columns, for GPT-2).
 *
 * @param module the checkpoint's layer, with the prefix of a task model
 * @param part which of its parts the layer is, from 0
 * @param parts how many it has, all of one size; 1 for a layer of its own
 */
public record CheckpointLayer(String module, int part, int parts) {}
