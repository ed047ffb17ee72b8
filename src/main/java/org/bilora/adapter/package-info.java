/** Low-rank increments and their penalties; knows only matrices. Uses TensorFlow only. */
package org.bilora.adapter;
