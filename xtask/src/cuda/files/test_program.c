#include <stdio.h>

double cuSum(int, int, int, int, int, int, int, int, double, double, double, double, double, double, double,
             double, double);
int cuTwice(int);
int cuGone(int);
const char *cuText(int);

/* Each is called twice: the second time without looking for the library. */
int main(int count, char **arguments)
{
    (void)arguments;
    for (int i = 0; i < 2; i++) {
        /* Without the library there is no sum: its status is an integer. */
        if (count > 1)
            printf("%.2f ", cuSum(1, 2, 3, 4, 5, 6, 7, 8, .1, .2, .3, .4, .5, .6, .7, .8, .9));
        printf("%d %d %s\n", cuTwice(21), cuGone(1), cuText(3));
    }
}
