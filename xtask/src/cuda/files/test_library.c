/* The library that a test's stand-in finds: every argument counts in the sum, on the stack or in registers. */
double cuSum(int a, int b, int c, int d, int e, int f, int g, int h, double s, double t, double u, double v,
             double w, double x, double y, double z, double last)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 10 * s + 20 * t + 30 * u + 40 * v +
           50 * w + 60 * x + 70 * y + 80 * z + 90 * last;
}

int cuTwice(int value)
{
    return 2 * value;
}

const char *cuText(int status)
{
    return status == 3 ? "three" : "other";
}
