package smtp

import (
	"errors"
	"net/url"
	"strconv"
	"time"
)

// Parse reads a server from the text of a flag, without its password, because flags can be seen by everyone on the
// machine: set [Config.Password] afterwards.
//
//	smtp://user@mail.example:587?from=no-reply@mail.example     STARTTLS, required
//	smtps://user@mail.example:465?from=no-reply@mail.example    TLS from the first byte
//	smtp://localhost:1025?from=no-reply@mail.example&tls=plain  no TLS; this machine only
//	smtp://10.0.0.25:25?from=no-reply@mail.example&tls=insecure-plain-on-private-network
//
// A user name with an @ writes it as %40. The parameters are from, tls, helo, timeout and idle (as in "20s"), and
// connections; any other, and any twice, is an error. Everything else is checked by [New].
func Parse(text string) (Config, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Config{}, errors.New("smtp: the server must be written as smtp://user@host:587?from=address")
	}
	c := Config{Host: u.Hostname()}
	switch {
	case u.Scheme == "smtps":
		c.TLS = Implicit
	case u.Scheme != "smtp":
		return Config{}, errors.New("smtp: the server must begin with smtp:// or smtps://")
	}
	if u.Opaque != "" || u.Path != "" && u.Path != "/" || u.Fragment != "" {
		return Config{}, errors.New("smtp: the server must have no path and no fragment")
	}
	if u.User != nil {
		if _, set := u.User.Password(); set {
			return Config{}, errors.New("smtp: the server must be written without the password")
		}
		c.Username = u.User.Username()
	}
	if port := u.Port(); port != "" {
		if c.Port, err = strconv.Atoi(port); err != nil || c.Port == 0 {
			return Config{}, errors.New("smtp: the server has a port that is none")
		}
	}
	if err := c.parameters(u.RawQuery); err != nil {
		return Config{}, err
	}
	return c, nil
}

func (c *Config) parameters(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("smtp: the parameters of the server cannot be read")
	}
	for name, list := range values {
		if len(list) != 1 {
			return errors.New("smtp: the server has the parameter " + strconv.Quote(name) + " twice")
		}
		if err := c.parameter(name, list[0]); err != nil {
			return errors.New("smtp: the server has a parameter " + strconv.Quote(name) + " that is not known, or has no such value")
		}
	}
	return nil
}

var errParameter = errors.New("parameter")

func (c *Config) parameter(name, value string) (err error) {
	switch {
	case name == "from":
		c.From = value
	case name == "helo":
		c.HELO = value
	case name == "tls" && value == "plain" && c.TLS == StartTLS:
		c.TLS = Plain
	case name == "tls" && value == "insecure-plain-on-private-network" && c.TLS == StartTLS:
		c.TLS = InsecurePlainOnPrivateNetwork
	case name == "timeout":
		c.Timeout, err = time.ParseDuration(value)
	case name == "idle":
		c.Idle, err = time.ParseDuration(value)
	case name == "connections":
		c.Connections, err = strconv.Atoi(value)
	default:
		return errParameter
	}
	return err
}
