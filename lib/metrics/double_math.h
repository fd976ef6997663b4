/* double_math.h: functions of doubles that are the same bits on every machine, as libm's are not.
 */
#ifndef GAN__DOUBLE_MATH_H
#define GAN__DOUBLE_MATH_H

/* To about one unit in the last place. exp: 0 below -745, infinite above 709.8. log: of numbers
 * above 0. */
double gan__double_exp(double x);
double gan__double_log(double x);

#endif
