//! Adaptive Runge-Kutta-Fehlberg integration over one step, for models that spike at a threshold within a step: at most
//! once after each step of the integration. Rounding is compensated.

#import lib/ode/rkf45_sums
#import lib/ode/event
