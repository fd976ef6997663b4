/* vector_gram.h: a tile of a product of matrices in double, for each tier. Contract: vector.h. */

KERNEL(gram)(int64_t depth, const double *a, const double *panel, double *tile)
{
    v_double sum[GAN__GRAM_ROWS];
    GAN__UNROLL
    for (int i = 0; i < GAN__GRAM_ROWS; i++) sum[i] = v_dget(tile + i * W, W);
    for (int64_t k = 0; k < depth; k++) {
        const v_double b = v_dget(panel + k * W, W);
        GAN__UNROLL
        for (int i = 0; i < GAN__GRAM_ROWS; i++)
            sum[i] = v_dadd(sum[i], v_dmul(v_dset(a[i * depth + k]), b));
    }
    GAN__UNROLL
    for (int i = 0; i < GAN__GRAM_ROWS; i++) v_dput(tile + i * W, W, sum[i]);
}
