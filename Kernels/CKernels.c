#include "CKernels.h"

#include <stddef.h>
#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

// The compiler reads the files itself, in a tenth of a second: as literals of Swift they took it a minute.
static const struct {
  const char *name;
  const unsigned char *text;
} files[] = {
    {"prelude", (const unsigned char[]){
#embed "prelude.cl"
     , 0}},
    {"elementwise", (const unsigned char[]){
#embed "elementwise.cl"
     , 0}},
    {"activation_gradient", (const unsigned char[]){
#embed "activation_gradient.cl"
     , 0}},
    {"reduction", (const unsigned char[]){
#embed "reduction.cl"
     , 0}},
    {"group_sums", (const unsigned char[]){
#embed "group_sums.cl"
     , 0}},
    {"copy", (const unsigned char[]){
#embed "copy.cl"
     , 0}},
    {"indexing", (const unsigned char[]){
#embed "indexing.cl"
     , 0}},
    {"rows", (const unsigned char[]){
#embed "rows.cl"
     , 0}},
    {"pooling", (const unsigned char[]){
#embed "pooling.cl"
     , 0}},
    {"upsampling", (const unsigned char[]){
#embed "upsampling.cl"
     , 0}},
    {"normalization_terms", (const unsigned char[]){
#embed "normalization_terms.cl"
     , 0}},
    {"normalization_cpu", (const unsigned char[]){
#embed "normalization_cpu.cl"
     , 0}},
    {"normalization_gpu", (const unsigned char[]){
#embed "normalization_gpu.cl"
     , 0}},
    {"random", (const unsigned char[]){
#embed "random.cl"
     , 0}},
    {"optimizer", (const unsigned char[]){
#embed "optimizer.cl"
     , 0}},
    {"ceilings", (const unsigned char[]){
#embed "ceilings.cl"
     , 0}},
    {"gemm", (const unsigned char[]){
#embed "gemm.cl"
     , 0}},
    {"gemm_panels", (const unsigned char[]){
#embed "gemm_panels.cl"
     , 0}},
    {"gemm_cpu", (const unsigned char[]){
#embed "gemm_cpu.cl"
     , 0}},
    {"gemm_cpu_tile", (const unsigned char[]){
#embed "gemm_cpu_tile.cl"
     , 0}},
    {"gemm_cpu_block", (const unsigned char[]){
#embed "gemm_cpu_block.cl"
     , 0}},
    {"gemm_cpu_lines", (const unsigned char[]){
#embed "gemm_cpu_lines.cl"
     , 0}},
    {"gemm_cpu_phases", (const unsigned char[]){
#embed "gemm_cpu_phases.cl"
     , 0}},
    {"gemm_cpu_narrow", (const unsigned char[]){
#embed "gemm_cpu_narrow.cl"
     , 0}},
    {"gemm_cpu_rows", (const unsigned char[]){
#embed "gemm_cpu_rows.cl"
     , 0}},
    {"gemm_gpu_operands", (const unsigned char[]){
#embed "gemm_gpu_operands.cl"
     , 0}},
    {"winograd_gpu", (const unsigned char[]){
#embed "winograd_gpu.cl"
     , 0}},
    {"gemm_gpu", (const unsigned char[]){
#embed "gemm_gpu.cl"
     , 0}},
    {"gemm_fold", (const unsigned char[]){
#embed "gemm_fold.cl"
     , 0}},
    {"winograd", (const unsigned char[]){
#embed "winograd.cl"
     , 0}},
    {"winograd_product", (const unsigned char[]){
#embed "winograd_product.cl"
     , 0}},
    {"winograd_gradient", (const unsigned char[]){
#embed "winograd_gradient.cl"
     , 0}},
    {"winograd_points", (const unsigned char[]){
#embed "winograd_points.cl"
     , 0}},
    {"winograd_parts", (const unsigned char[]){
#embed "winograd_parts.cl"
     , 0}},
    {"winograd_filter", (const unsigned char[]){
#embed "winograd_filter.cl"
     , 0}},
};

const char *kernel_file(const char *name) {
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    if (strcmp(files[i].name, name) == 0) return (const char *)files[i].text;
  return NULL;
}
